export const PRELUDE = `
import { type Behaviour, call, cast, configure, definePool, type ElsewhereRef, getState, halt, isGenPoolError, map, noReply, reply, spawnPool, when } from '@genpool/core'
import { query, start } from 'nact'
const system = start()
const Shop = definePool({
  init: () => ({ sold: 0, items: ['pen'] }),
  calls: {
    sell: (msg: { item: string; pieces: number }, state) =>
      reply(state.sold + msg.pieces, (draft) => void (draft.sold += msg.pieces)),
    stock: () => reply(1),
  },
  casts: { log: (_msg: { line: string }) => undefined, clear: () => noReply() },
})
const shop = spawnPool(system, Shop, 'shop')
const echo = spawnPool(system, definePool({ handleCall: (message: 'ping' | number) => reply(message) }), 'echo')
const sink = spawnPool(system, definePool({ casts: { log: (_msg: { line: string }) => undefined } }), 'sink')
const source = spawnPool(system, definePool({ calls: { stock: () => reply(1) } }), 'source')
const far = shop as unknown as ElsewhereRef<typeof Shop extends Behaviour<infer P> ? P : never, { readonly name: string }>
const error: unknown = undefined
`

export interface Slip {
  readonly slip: string
  readonly code: string
  /** What is underlined. */
  readonly at: string
  /** What the text names. */
  readonly says: readonly string[]
}

export const QUERY = `void query(shop, { type: 'sel', item: 'pen', pieces: 1 }, 100)`
