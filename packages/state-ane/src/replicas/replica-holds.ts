import type { CellKey } from '../errors'
import type { Change } from './entry'
import { ReplicaHold } from './replica-hold'

/** What holds need of their replica. */
export interface HoldPorts<S> {
  readonly key: CellKey
  value(): S
  version(): number
  /** The change from the value here to another one; null if they are the same. */
  changeTo(next: S): Change<S> | null
  /** Sends a commit under a hold. Returns its number. */
  commit(change: Change<S>, hold: number): number
  send(message: readonly ['hold' | 'release', id: number]): void
  /** A hold has ended. */
  ended(): void
}

/** The holds that a replica has or waits for. */
export class ReplicaHolds<S> {
  readonly #all = new Map<number, ReplicaHold<S>>()

  constructor(
    private readonly nextId: () => number,
    private readonly ports: HoldPorts<S>,
  ) {}

  /** Whether it has the cell for itself, or waits for that. */
  get isAny(): boolean {
    return this.#all.size > 0
  }

  take(): Promise<ReplicaHold<S>> {
    const { ports } = this
    const id = this.nextId()
    return new Promise((resolve, reject) => {
      const answer = { granted: () => resolve(hold), refused: reject }
      const hold = new ReplicaHold<S>(id, answer, {
        key: ports.key,
        value: () => ports.value(),
        version: () => ports.version(),
        changeTo: (next) => ports.changeTo(next),
        send: (change) => ports.commit(change, id),
        release: () => {
          ports.send(['release', id])
          this.#end(id)
        },
      })
      this.#all.set(id, hold)
      ports.send(['hold', id])
    })
  }

  // --- what the owner says ---

  granted(id: number): void {
    this.#all.get(id)?.granted()
  }

  notHeld(id: number, error: unknown): void {
    this.#all.get(id)?.notHeld(error)
    this.#end(id)
  }

  /** @param confirmed called with the value that a commit under a hold has led to */
  committed(seq: number, confirmed: (next: S) => void): void {
    for (const hold of this.#all.values()) {
      const next = hold.committed(seq)
      if (next !== undefined) confirmed(next.value)
    }
  }

  refused(seq: number, error: unknown): void {
    for (const hold of this.#all.values()) hold.refused(seq, error)
  }

  /** Somebody else has committed. */
  lost(): void {
    for (const hold of this.#all.values()) hold.lost()
  }

  #end(id: number): void {
    if (this.#all.delete(id)) this.ports.ended()
  }
}
