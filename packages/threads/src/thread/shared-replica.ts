import type { CellKey, OwnerMessage, ReplicaMessage } from '@genpool/state-ane'
import { ReplicaCell } from '@genpool/state-ane'
import { decodeError, type EncodedValue } from '../values/errors'
import type { Outbox } from './outbox'

/** The state that all members share, as this thread has it. */
export class SharedReplica {
  readonly cell: ReplicaCell<unknown>
  #isClosed = false

  /** @param committing called for each commit; returns the job that makes it */
  constructor(key: CellKey, outbox: Outbox, flushLater: () => void, committing: () => number) {
    this.cell = new ReplicaCell(key, {
      tag: committing,
      send: (message: ReplicaMessage) => {
        if (this.#isClosed) return
        outbox.add(['cell', message])
        flushLater()
      },
    })
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
