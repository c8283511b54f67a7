import type { CellKey, OwnerMessage, ReplicaMessage } from '@genpool/state-ane'
import { ReplicaCell } from '@genpool/state-ane'
import { decodeError, type EncodedValue } from '../values/errors'
import type { Outbox } from './outbox'

/** The runs of this thread, as far as their commits go. */
export interface CommittingRuns {
  /** A run commits. Returns its job. */
  committing(): number
  /** What it answers if its commit leads to `state`; undefined if the answer comes later. */
  answerWith(job: number, state: unknown): { readonly value: unknown } | undefined
  /** Something is to be sent. */
  sent(): void
}

/** The state that all members share, as this thread has it. */
export class SharedReplica {
  readonly cell: ReplicaCell<unknown>
  #isClosed = false

  constructor(
    key: CellKey,
    private readonly outbox: Outbox,
    private readonly runs: CommittingRuns,
  ) {
    this.cell = new ReplicaCell(key, {
      tag: () => runs.committing(),
      send: (message, next) => {
        if (!this.#isClosed) this.#send(message, next)
      },
    })
  }

  /** The answer goes with the commit, unless memory is moved with it: a commit may have to be made again. */
  #send(message: ReplicaMessage, next: unknown): void {
    const answer = message[0] === 'commit' ? this.runs.answerWith(message[5] as number, next) : undefined
    if (message[0] !== 'commit' || answer === undefined) this.outbox.add(['cell', message])
    else {
      const [kind, epoch, seq, hold, patches, job] = message
      this.outbox.add(['cell', [kind, epoch, seq, hold, patches, { job, answer: answer.value }]])
    }
    this.runs.sent()
  }

  receive(message: OwnerMessage<unknown>): void {
    if (!this.#isClosed) this.cell.receive(decoded(message))
  }

  /** Its member has ended: what its handlers still return goes nowhere. */
  close(): void {
    this.#isClosed = true
  }
}

function decoded(message: OwnerMessage<unknown>): OwnerMessage<unknown> {
  if (message[0] === 'refused') return ['refused', message[1], message[2], decodeError(message[3] as EncodedValue)]
  return message[0] === 'notHeld' ? ['notHeld', message[1], decodeError(message[2] as EncodedValue)] : message
}
