import { InvalidError, NS_PER_MS, systemClock } from '@genpool/runtime'
import { type OwnerMessage, type ReplicaMessage, ReplicaSession } from '@genpool/state-ane'
import type { CommittedRun, ToThread } from '../protocol/messages'
import { faultIn, isReadable } from '../values/cloneable'
import { decodeError, encodeError, type EncodedValue } from '../values/errors'
import type { SharedState } from './shared-state'

/** A thread commits no longer while another one waits for that: its handler may take long, or never end. */
const LONGEST_TURN_NS = 5 * NS_PER_MS

/** What the link needs of its worker. */
export interface LinkPorts {
  /** The last moment before a commit of this job. Returns an error to refuse it. */
  admit(job: number): Error | undefined
  /** The commit of a run is done. */
  committed(run: CommittedRun): void
  /** The commit of a run has come to nothing. */
  voided(run: CommittedRun): void
  /** The thread is gone, and the commit of a run that was being written has failed. */
  lost(run: CommittedRun, error: unknown): void
  /** Whether the thread has work that would read an old state. */
  readonly isBusy: boolean
  /** The thread waits for its turn to commit, or not any more. */
  heldUp(isHeldUp: boolean): void
  /** Something is to be sent soon. */
  sendSoon(): void
  /** The same at once. */
  sendNow(): void
}

/** Keeps the state of one thread up to date, and takes its commits. */
export class StateLink {
  readonly #session: ReplicaSession<unknown>
  #out: ToThread[] = []

  constructor(
    readonly shared: SharedState,
    private readonly ports: LinkPorts,
  ) {
    this.#session = new ReplicaSession(shared.log, {
      send: (message) => this.#send(message),
      admit: (run) => ports.admit((run as CommittedRun).job),
      committed: (run) => ports.committed(run as CommittedRun),
      voided: (run) => ports.voided(run as CommittedRun),
      lost: (run, error) => ports.lost(run as CommittedRun, error),
      changed: () => ports.sendSoon(),
      limit: (end) => void systemClock.setTimer(systemClock.now() + LONGEST_TURN_NS, end, false),
    })
    shared.follow(this.#changed)
  }

  /** Whether a job that is sent now could read a state without a commit that is done. */
  get isUncertain(): boolean {
    return this.#session.isWriting
  }

  /** Why no job can read the state any more: its store was destroyed. Null while they can. */
  get end(): unknown {
    return this.#session.end
  }

  /** The jobs whose commits are being written. */
  get written(): readonly number[] {
    return this.#session.written.map((run) => (run as CommittedRun).job)
  }

  /** What has to reach the thread before anything that is sent now. */
  take(): readonly ToThread[] {
    this.#session.update()
    const out = this.#out
    if (out.length > 0) this.#out = []
    return out
  }

  receive(message: ReplicaMessage): void {
    const isWithdrawn = message[0] === 'withdraw'
    this.#session.receive(
      isWithdrawn ? ([...message.slice(0, 3), decodeError(message[3] as EncodedValue)] as never) : message,
    )
    if (message[0] === 'turn') this.ports.heldUp(this.#session.awaitsTurn)
  }

  close(): boolean {
    this.#session.close()
    this.ports.heldUp(false)
    return this.shared.leave(this.#changed)
  }

  readonly #changed = (): void => {
    if (this.ports.isBusy && this.#session.followsEach) this.ports.sendSoon()
  }

  #send(message: OwnerMessage<unknown>): void {
    this.#out.push(['state', encoded(message)])
    // All other threads wait for what this one does with it.
    if (message[0] === 'held') {
      this.ports.heldUp(false)
      this.ports.sendNow()
    } else this.ports.sendSoon()
  }
}

function encoded(message: OwnerMessage<unknown>): OwnerMessage<unknown> {
  if (message[0] === 'refused')
    return ['refused', message[1], message[2].map(([seq, error]) => [seq, encodeError(error)])]
  return message[0] === 'notHeld' ? ['notHeld', message[1], encodeError(message[2])] : message
}

/** The error of a state that a thread cannot have: what in it cannot be sent, and where. */
export function unsendable(message: OwnerMessage<unknown>): InvalidError {
  const parts: readonly Patch[] =
    message[0] === 'patches'
      ? message[3]
      : [{ op: 'replace', path: [], value: message[0] === 'value' ? message[3] : message }]
  const { path, value } = parts.find((part) => !isReadable(part.value)) ?? { path: [], value: message }
  const fault = faultIn(value)
  return new InvalidError('state that was committed in the main thread', [{ ...fault, path: [...path, ...fault.path] }])
}
type Patch = Extract<OwnerMessage<unknown>, readonly ['patches', ...unknown[]]>[3][number]
