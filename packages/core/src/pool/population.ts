import type { Cell } from '@genpool/state-ane'
import type { InitStep } from '../behaviours/behaviour'
import type { Member } from '../members/member'
import { FixedSize, type Sizing } from './fixed-size'
import type { Listeners } from './listeners'
import type { SizePolicy } from './ports'

/** What populating a pool needs of it. */
export interface PopulationPorts {
  readonly listeners: Listeners
  /** Whether there is one state for all members. */
  readonly sharesState: boolean
  readonly sharedState: { start(): void }
  readonly roster: { readonly size: number; readonly members: readonly Member[]; resize(size: number): void }
  readonly directMessages: { continueWith(member: Member, argument: unknown): void }
  readonly lifecycle: { memberReady(): void }
}

/** Populates a pool: first its shared state, if there is one, then the members, as many as the size policy decides. */
export class Population {
  /** Whether members may start: a shared state is there. */
  populated = false
  /** Null for the fixed size. */
  #sizePolicy: SizePolicy | null = null

  constructor(
    private readonly kernel: PopulationPorts,
    private readonly sizing: Sizing,
  ) {}

  /** Decides about the size from now on; undefined for the fixed size. */
  setSizePolicy(policy: SizePolicy | undefined): void {
    this.#sizePolicy = policy ?? null
  }

  private get size(): SizePolicy {
    return this.#sizePolicy ?? new FixedSize(this.sizing, this.kernel.roster)
  }

  /** Whether a member that is not needed, or cannot be started, may end without another in its place. */
  canSpare(): boolean {
    return this.size.mayEnd()
  }

  start(): void {
    if (this.kernel.sharesState) this.kernel.sharedState.start()
    else this.populate(0)
  }

  /** The shared state is there. `step`: what `init` asked for; undefined if it was simply a state. */
  stateReady(cell: Cell<unknown>, step: InitStep | undefined): void {
    const { listeners, roster, lifecycle } = this.kernel
    for (const listener of listeners.stateReady) listener.stateReady(cell)
    this.populate(step === undefined ? 0 : 1)
    const [first] = roster.members
    if (step !== undefined && first !== undefined) this.kernel.directMessages.continueWith(first, step.reason)
    lifecycle.memberReady()
  }

  /** A member can work. Members of a shared state count together, when all have started. */
  memberReady(): void {
    if (!this.kernel.sharesState) this.kernel.lifecycle.memberReady()
  }

  /** The pool stops. */
  end(): void {
    this.size.end()
  }

  private populate(atLeast: number): void {
    this.populated = true
    this.size.populate(atLeast)
    // A pool without members can take requests: the first one starts a member.
    if (this.kernel.roster.size === 0) this.kernel.lifecycle.memberReady()
  }
}
