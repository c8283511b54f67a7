import {
  type Cell,
  type CellKey,
  createStore,
  type OwnerMessage,
  PatchLog,
  ReplicaCell,
  type ReplicaMessage,
  ReplicaSession,
  type Store,
} from '@genpool/state-ane'
import { sent } from './sent'

/** A channel that keeps the order, and takes its time: one microtask, and as many more as `delay` says. */
export class Channel<M> {
  readonly #waiting: M[] = []
  isCut = false

  constructor(
    private readonly delay: () => number,
    private readonly deliver: (message: M) => void,
  ) {}

  send(message: M): void {
    this.#waiting.push(copied(message))
    void this.#later()
  }

  /** Delivers everything now. */
  flush(): void {
    for (let message; !this.isCut && (message = this.#waiting.shift()) !== undefined;) this.deliver(message)
  }

  async #later(): Promise<void> {
    for (let hops = this.delay(); hops >= 0; hops--) await undefined
    if (this.isCut) return
    const message = this.#waiting.shift()
    if (message !== undefined) this.deliver(message)
  }
}

/** Errors cross by other means. */
function copied<M>(message: M): M {
  const isRefused = Array.isArray(message) && message[0] === 'refused'
  if (isRefused) return message
  return (
    Array.isArray(message) ? message.map((part: unknown) => (part instanceof Error ? part : sent(part))) : message
  ) as M
}

/**
 * A cell of a store, and a replica of it at the other end of two channels.
 *
 * @param turnLength how many commits its turn may have while others wait; undefined if it ends at once, Infinity if it never does
 * @param limit called with what ends a turn that another replica waits for
 */
export class Far {
  readonly replica: ReplicaCell<unknown>
  readonly session: ReplicaSession<unknown>
  readonly down: Channel<OwnerMessage<unknown>>
  readonly up: Channel<ReplicaMessage>
  #tags = 0
  /** The tags of commits that are done. */
  readonly done: unknown[] = []

  constructor(
    log: PatchLog<unknown>,
    delay: () => number,
    admit: (tag: unknown) => Error | undefined = () => undefined,
    turnLength?: number,
    limit: (end: () => void) => void = () => undefined,
  ) {
    this.replica = new ReplicaCell(log.cell.key, {
      send: (message) => this.up.send(message),
      tag: () => ++this.#tags,
      rests: turnLength !== undefined,
    })
    this.session = new ReplicaSession(log, {
      send: (message) => this.down.send(message),
      admit,
      committed: (tag) => void this.done.push(tag),
      changed: () => queueMicrotask(() => this.session.update()),
      limit,
    })
    this.down = new Channel(delay, (message) => {
      this.replica.receive(message)
      if (turnLength !== undefined && turnLength < Infinity) queueMicrotask(() => this.replica.rest(turnLength))
    })
    this.up = new Channel(delay, (message) => this.session.receive(message))
    this.reach()
  }

  /** As if a request was sent to the replica now: what was committed before is there before it. */
  reach(): void {
    this.session.update()
    this.down.flush()
  }

  cut(): void {
    this.up.isCut = this.down.isCut = true
    this.session.close()
  }
}

/** A store whose cells are reached through replicas, a different one for each operation. */
export function replicaStore(options: object, replicas: number, delay: () => number): Store {
  const store = createStore(options)
  const far = new Map<CellKey, Far[]>()
  let next = 0
  const cell = (key: CellKey, cellOptions?: object): Cell<unknown> => {
    if (cellOptions !== undefined) return store.cell(key, cellOptions)
    let all = far.get(key)
    if (all === undefined) {
      const log = new PatchLog<unknown>(store.cell(key))
      far.set(key, (all = Array.from({ length: replicas }, () => new Far(log, delay))))
    }
    const one = all[next++ % replicas] as Far
    one.reach()
    return one.replica
  }
  return {
    cell: cell as Store['cell'],
    transaction: (keys, recipe) => store.transactionWhenFree(keys, recipe),
    clear: () => store.clear(),
    destroy: () => store.destroy(),
    destroyed: false,
  }
}
