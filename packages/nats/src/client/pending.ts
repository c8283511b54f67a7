import { type Clock, Deadlines, type Nanos, Turn } from '@genpool/runtime'
import type { Node } from '../nodes/node'
import type { KeyOrder } from './key-order'
import { type RemoteRequest, requestOf } from './remote-request'
import { Waiting } from './waiting'

/** The requests of this client that have no outcome yet, with their deadlines. */
export class Pending {
  /** Those that wait here: for a connection, or for a node. */
  readonly waiting: Waiting<RemoteRequest>
  readonly #byId = new Map<string, RemoteRequest>()
  readonly #deadlines: Deadlines<RemoteRequest>
  readonly #turn: Turn
  #touched = false

  /** @param rested called at the end of a turn in which requests came or went */
  constructor(
    clock: Clock,
    expired: (request: RemoteRequest) => void,
    private readonly rested: () => void,
    keys: KeyOrder,
  ) {
    this.waiting = new Waiting(keys)
    this.#turn = Turn.of(clock)
    this.#deadlines = new Deadlines(clock, expired)
  }

  get size(): number {
    return this.#byId.size
  }

  now(): Nanos {
    return this.#turn.now()
  }

  /** @param id of the request, or of an attempt */
  get(id: string): RemoteRequest | undefined {
    return this.#byId.get(id) ?? this.#byId.get(requestOf(id))
  }

  add(request: RemoteRequest): void {
    this.#byId.set(request.id, request)
    this.#deadlines.add(request)
    this.#touch()
  }

  remove(request: RemoteRequest): void {
    this.#byId.delete(request.id)
    this.waiting.delete(request)
    this.#deadlines.remove(request)
    this.#touch()
  }

  /** A copy of all, oldest first. */
  all(): RemoteRequest[] {
    return [...this.#byId.values()]
  }

  of(node: Node): RemoteRequest[] {
    return this.all().filter((request) => request.node === node)
  }

  /** Called at the end of the turn. */
  rest(): void {
    this.#touched = false
    this.#deadlines.rest()
    this.rested()
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.#turn.touch({ run: () => undefined, rest: () => this.rest() })
  }
}
