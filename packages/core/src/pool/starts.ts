import { type Clock, type Nanos, type Turn } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { eventually } from '../behaviours/eventually'
import { StartTimeoutError } from '../errors'
import type { LiveSettings } from './settings'
import { type Pending, TimeLimit, type TimeLimitPorts } from './time-limit'

/** Why a pool gives up whose behaviour was loaded and does not fit its options. */
export const MISFIT = 'its options do not fit its behaviour'

/** What starts need of the pool. */
export interface StartsPorts {
  readonly name: string
  readonly clock: Clock
  readonly turn: Turn
  readonly settings: LiveSettings
  readonly port: {
    /** How many requests wait. */
    readonly length: number
  }
  readonly lifecycle: {
    /** Whether a caller waits for `ready`. */
    readonly isReadyAwaited: boolean
  }
}

/** One thing to start, and what follows: `done` or `failed`. After a time limit or `giveUp`, only `late` may follow. */
interface StartSteps {
  /** What starts. Its name is read if it takes too long. */
  readonly of: { readonly info: Pick<MemberInfo, 'name'> }
  /** What the error names if it takes too long. Default: its `init`. */
  readonly waitsFor?: 'init' | 'store'
  make(): unknown
  done(value: unknown): void
  failed(error: unknown): void
  /** Nobody waits for it any longer. Called before what follows. */
  abandoned?(): void
  /** It has succeeded after its time limit, or after `giveUp`: releases what it has opened. */
  late(value: unknown): void
}

/** One start that has begun, or is about to. */
export class Start implements Pending {
  since: Nanos = 0
  /** Whether it is done, has failed, or its result no longer matters. */
  settled = false
  timedOut = false

  constructor(readonly steps: StartSteps) {}
}

/** The starts of a pool that are under way, of its members and of its shared state. One that takes too long has failed. */
export class Starts implements TimeLimitPorts<Start> {
  /** How many have taken too long, since the pool began. */
  timedOut = 0
  /** Made with the first start that is not done at once. */
  #limit: TimeLimit<Start> | null = null

  constructor(private readonly pool: StartsPorts) {}

  get clock(): Clock {
    return this.pool.clock
  }

  limitMs(): number {
    return this.pool.settings.current.startTimeout
  }

  holds(): boolean {
    return this.pool.port.length > 0 || this.pool.lifecycle.isReadyAwaited
  }

  /** The oldest: since when, and what it waits for; undefined if there is none. */
  get oldest(): { readonly since: Nanos; readonly waitsFor: 'init' | 'store' } | undefined {
    const oldest = this.#limit?.oldest
    return oldest && { since: oldest.since, waitsFor: oldest.steps.waitsFor ?? 'init' }
  }

  /** Begins a start. All is done in the same turn, and no timer set, if it is synchronous. */
  begin(start: Start): void {
    const { steps } = start
    eventually(
      () => steps.make(),
      (value) => {
        if (!this.settle(start)) return steps.late(value)
        steps.done(value)
      },
      (error) => {
        if (this.settle(start)) this.fail(start, error)
      },
    )
    if (start.settled) return
    start.since = this.pool.turn.refresh()
    this.#limit ??= new TimeLimit<Start>(this)
    this.#limit.add(start)
  }

  /** Its result no longer matters. If it succeeds all the same, `late` is called. */
  giveUp(start: Start): void {
    if (this.settle(start)) start.steps.abandoned?.()
  }

  /** The pool stops. */
  end(): void {
    for (const start of [...(this.#limit?.all ?? [])]) this.giveUp(start)
  }

  /** Options have changed. */
  settingsChanged(): void {
    this.#limit?.changed()
  }

  /** A caller may have begun or stopped waiting. */
  rest(): void {
    this.#limit?.rest()
  }

  private settle(start: Start): boolean {
    if (start.settled) return false
    start.settled = true
    this.#limit?.remove(start)
    return true
  }

  /** It has taken too long, and has failed. */
  overdue(start: Start): void {
    this.timedOut++
    start.settled = start.timedOut = true
    start.steps.abandoned?.()
    const { name, settings } = this.pool
    const { of, waitsFor = 'init' } = start.steps
    this.fail(start, new StartTimeoutError(name, of.info.name, settings.current.startTimeout, waitsFor))
  }

  private fail(start: Start, error: unknown): void {
    start.steps.failed(error)
  }
}
