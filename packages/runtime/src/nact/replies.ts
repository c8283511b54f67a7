import type { ConcreteSystem, Reference, ReplyTarget } from './internals'

/** nact's own ids are 32-bit integers, so these never meet one of them. */
let nextId = 2 ** 32

/** Not a path, but nact's `ctx.sender` of a query has none either. */
const NO_PATH = { parts: [] as string[], toString: () => 'temp' }

/**
 * A system's table of temporary addresses in which a `ReplyReference` is found without being entered.
 *
 * Entering and deleting took 40 % of the time of a query that a plain nact function answers.
 */
class TemporaryReferences extends Map<unknown, ReplyTarget> {
  override get(id: unknown): ReplyTarget | undefined {
    return id instanceof ReplyReference ? id : super.get(id)
  }
}

/**
 * The temporary address of one request: nact's `dispatch` to it answers the request.
 *
 * nact correlates by 31 random bits, and with many queries in flight an answer can reach another caller. Here the address
 * itself is the id. It can be sent in messages and copied, as nact's own can; what is made of it in JSON is entered in
 * the table under a number of its own until it is closed.
 */
export class ReplyReference implements Reference, ReplyTarget {
  readonly type = 'temp'
  readonly path = NO_PATH
  /** What nact looks it up by. */
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

  /** nact dispatches to a temporary address by calling this. */
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

  /** Ends the address. What is sent to it or to its copies from now on is ignored. */
  close(): void {
    this.#closed = true
    if (this.#number !== 0) this.#concrete.tempReferences.delete(this.#number)
  }
}
