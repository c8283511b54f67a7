import { type Behaviour, definePool, halt, noReply, reply } from '@genpool/core'
import { z } from 'zod'

export type ProtocolOf<B> = B extends Behaviour<infer P> ? P : never

/** A behaviour with handlers of each form. */
export const Counter = definePool({
  init: () => ({ count: 0, names: [] as string[] }),
  calls: {
    add: (msg: { value: number }, state) => reply(state.count + msg.value, (draft) => void (draft.count += msg.value)),
    name: async (msg: { first: string; last?: string }, _state) => {
      await Promise.resolve()
      return msg.last === undefined ? noReply() : reply(`${msg.first} ${msg.last}`)
    },
    names: (_msg: object, _state) => reply((committed) => committed.names),
    stop: () => halt('done', { reply: true }),
    checked: { schema: z.object({ n: z.string() }), handle: (_msg: { n: string }, _state) => reply(new Date(0)) },
    many: { batch: 5, handle: (messages: readonly { n: number }[], _state) => reply(messages.map((msg) => msg.n)) },
    plain: () => reply(null),
  },
  casts: { log: (_msg: { line: string }) => undefined, clear: () => noReply({ count: 0, names: [] }) },
})
/** A behaviour with catch-alls. */
export const Any = definePool({
  init: () => 0,
  handleCall: (message: 'get' | number, _from, state) => (message === 'get' ? reply(state) : reply(state + message)),
  handleCast: (_message: string, state) => noReply(state + 1),
})
