import type { ConcreteSystem, Reference, ReplyTarget } from './internals'

/** nact's own ids are 32-bit integers, so these never meet one of them. */
const FIRST_ID = 2 ** 32
let nextId = FIRST_ID

/** Not a path, but nact's `ctx.sender` of a query has none either. */
const NO_PATH = { parts: [] as string[], toString: () => 'temp' }

/**
 * The temporary address of one request: nact's `dispatch` to it answers the request.
 *
 * nact correlates by 31 random bits, and with many queries in flight an answer can reach another caller. Here the
 * id is a counter. The address can be copied and sent in messages, as nact's own can.
 */
export class ReplyReference implements Reference {
  readonly type = 'temp'
  readonly path = NO_PATH
  readonly id = nextId++
  readonly system: { readonly name: string }

  constructor(system: ConcreteSystem, target: ReplyTarget) {
    this.system = system.reference.system as { readonly name: string }
    system.tempReferences.set(this.id, target)
  }

  /** Ends the address. What is sent to it from now on is ignored. */
  close(system: ConcreteSystem): void {
    system.tempReferences.delete(this.id)
  }
}
