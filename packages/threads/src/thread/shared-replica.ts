import type { CellKey, OwnerMessage, ReplicaMessage } from '@genpool/state-ane'
import { ReplicaCell } from '@genpool/state-ane'
import { decodeError, type EncodedValue } from '../values/errors'
import type { CommittedRun } from '../protocol/messages'
import type { Outbox } from './outbox'

/** The runs of this thread, as far as their commits go. */
export interface CommittingRuns {
  /** A run commits. Returns its job. @param isSet whether it commits again, with nothing else between, if another commit comes first */
  committing(isSet: boolean): number
  /** What comes of it if its commit leads to `state`. */
  outcome(job: number, state: unknown): CommittedRun
  /** Its commit came to nothing. */
  lost(job: number): void
  /** Something is to be sent. @param mayWait whether it may wait as long as an answer may */
  sent(mayWait: boolean): void
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
      rests: true,
      tag: (isSet) => runs.committing(isSet),
      lost: (job) => runs.lost(job as number),
      send: (message, next) => {
        if (!this.#isClosed) this.#send(message, next)
      },
    })
  }

  #send(message: ReplicaMessage, next: unknown): void {
    if (message[0] === 'commit') {
      const [kind, epoch, seq, hold, patches, job] = message
      this.outbox.add(['cell', [kind, epoch, seq, hold, patches, this.runs.outcome(job as number, next)]])
    } else this.outbox.add(['cell', message])
    // While nobody waits for its end, a turn may as well take longer.
    this.runs.sent(message[0] === 'turn' || (message[0] === 'commit' && !this.cell.isWanted))
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
  if (message[0] === 'refused')
    return ['refused', message[1], message[2].map(([seq, error]) => [seq, decodeError(error as EncodedValue)])]
  return message[0] === 'notHeld' ? ['notHeld', message[1], decodeError(message[2] as EncodedValue)] : message
}
