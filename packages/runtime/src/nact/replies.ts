import type { ConcreteSystem, Reference, ReplyTarget } from './internals'

/** nact's own ids are 32-bit integers, so these never equal one of them. */
let nextId = 2 ** 32

/** A placeholder: nact's `ctx.sender` of a query has no path either. */
const NO_PATH = { parts: [] as string[], toString: () => 'temp' }

/**
 * A system's table of temporary addresses. It finds a `ReplyReference` without an entry.
 *
 * Fast path: no entry to add and delete. Saves 40 % of a query that a plain nact function answers.
 */
class TemporaryReferences extends Map<unknown, ReplyTarget> {
  override get(id: unknown): ReplyTarget | undefined {
    return id instanceof ReplyReference ? id : super.get(id)
  }
}

/**
 * The temporary address of one request. nact's `dispatch` to it answers the request.
 *
 * nact's own addresses have 31 random bits as their id: with many queries in flight, an answer can reach the wrong caller.
 * Here the address itself is the id. It can be sent in messages and copied, as nact's own can. Its JSON form has a number as
 * its id, which stays in the table until the address is closed.
 */
export class ReplyReference implements Reference, ReplyTarget {
  readonly type = 'temp'
  readonly path = NO_PATH
  /** nact looks the address up by this id. */
  readonly id = this
  readonly system: { readonly name: string }
  #number = 0
  #closed = false

  readonly #concrete: ConcreteSystem

  constructor(
    system: ConcreteSystem,
    private readonly target: ReplyTarget,
  ) {
    this.#concrete = system
    if (!(system.tempReferences instanceof TemporaryReferences)) {
      system.tempReferences = new TemporaryReferences(system.tempReferences)
    }
    this.system = system.reference.system as { readonly name: string }
  }

  /** nact calls this when it dispatches to a temporary address. */
  resolve(value: unknown): void {
    if (!this.#closed) this.target.resolve(value)
  }

  toJSON(): object {
    if (this.#number === 0 && !this.#closed) {
      this.#number = nextId++
      this.#concrete.tempReferences.set(this.#number, this)
    }
    return { type: this.type, id: this.#number, system: this.system, path: { parts: [] } }
  }

  /** Ends the address: messages to it and to its copies are ignored from now on. */
  close(): void {
    this.#closed = true
    if (this.#number !== 0) this.#concrete.tempReferences.delete(this.#number)
  }
}
