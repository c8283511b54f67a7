import { call, cast, definePool, getState, halt, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { start } from 'nact'
import { z } from 'zod'

/** A library's pool of messages by type, with nothing annotated. */
export const Shop = definePool({
  init: () => ({ sold: 0, names: ['a'] }),
  calls: {
    sell: (msg: { item: string }, state) => reply(`${msg.item} ${state.sold}`, (draft) => void draft.sold++),
    slow: async (_msg: object, _state) => {
      await Promise.resolve()
      return reply((committed) => committed.sold)
    },
    checked: { schema: z.object({ n: z.string() }), handle: (_msg: { n: string }, _state) => reply(new Date(0)) },
    many: { batch: 5, handle: (messages: readonly { n: number }[], _state) => reply(messages.map((msg) => msg.n)) },
    end: () => halt('done', { reply: true }),
  },
  casts: { log: (_msg: { line: string }) => undefined, clear: () => noReply({ sold: 0, names: [] }) },
})
export const shop = spawnPool(start(), Shop, 'shop', { size: 2 })
export const limited = spawnPool(start(), Shop, 'limited', {
  limits: { by: 'item', rate: { limit: 3, cost: (message) => message.type.length } },
  rate: { limit: 1, by: (message) => ('item' in message ? message.item : undefined), cost: 'n' },
})
export const open = (name: string) => spawnPool(start(), Shop, name)
export const sell = (item: string) => call(shop, { type: 'sell', item })
export const log = (line: string) => cast(shop, { type: 'log', line })
export const state = () => getState(shop)
export const breaker = () => inspect(shop).breaker
