import { call, definePool, halt, type MemberContext, noReply, reply, spawnPool } from '@genpool/core'
import { start } from 'nact'

const init = () => ({ count: 0, names: [] as string[] })
const name = (msg: { name: string }) => msg.name

/** Recipes know the state in each way to write a handler: what is not in it does not compile. */
export const Checked = definePool({
  init,
  calls: {
    right: (msg: { name: string }) => reply(name(msg), (draft) => void draft.names.push(msg.name)),
    // @ts-expect-error the state has no such property
    nothing: () => reply(1, (draft) => void (draft.cuont += 1)),
    // @ts-expect-error the state has no such property
    message: (msg: { v: number }) => reply(1, (draft) => void (draft.cuont += msg.v)),
    // @ts-expect-error the state has no such property
    later: async (_msg: { v: number }) => reply((state) => state.cuont),
    // @ts-expect-error the state has no such property
    both: (_msg: object, _state) => reply(1, (draft) => void (draft.cuont += 1)),
    twice: (msg: { v: number }) => {
      // @ts-expect-error the state has no such property
      if (msg.v > 1) return reply(1, (draft) => void (draft.cuont += 1))
      return reply('none')
    },
    // @ts-expect-error it has another type
    wrong: () => reply(1, (draft) => void (draft.count = 'text')),
    // @ts-expect-error the state has no such property
    last: () => halt('done', { reply: 1, next: (draft) => void (draft.cuont += 1) }),
    method(_msg: { v: number }) {
      // @ts-expect-error the state has no such property
      return reply(1, (draft) => void (draft.cuont += 1))
    },
    // @ts-expect-error the state has no such property
    many: { batch: 5, handle: (_messages: readonly object[]) => reply([1], (draft) => void (draft.cuont += 1)) },
  },
  casts: {
    right: (msg: { v: number }) => noReply((draft) => void (draft.count += msg.v)),
    // @ts-expect-error the state has no such property
    message: (msg: { v: number }) => noReply((draft) => void (draft.cuont += msg.v)),
  },
  // @ts-expect-error the state has no such property
  handleInfo: () => noReply((draft) => void (draft.cuont += 1)),
})
export const right: Promise<string> = call(spawnPool(start(), Checked), { type: 'right', name: 'A' })
export const twice: Promise<number | string> = call(spawnPool(start(), Checked), { type: 'twice', v: 1 })

export const CatchAll = definePool({
  init: async (ctx: MemberContext) => Promise.resolve({ count: ctx.member.slot }),
  // @ts-expect-error the state has no such property
  handleCall: (_message: 'a') => reply(1, (draft) => void (draft.cuont += 1)),
  // @ts-expect-error the state has no such property
  handleCast: (_message: 'b') => noReply((draft) => void (draft.cuont += 1)),
})
export const caught: Promise<number> = call(spawnPool(start(), CatchAll), 'a')

/** Where the state is not known before the handlers are looked at, they are not checked, and compile. */
export const Late = definePool({
  init: (ctx) => ({ slot: ctx.member.slot }),
  calls: { get: () => reply(1, (draft) => void (draft.slot += 1)), state: (_msg: object, state) => reply(state.slot) },
})
export const slot: Promise<number> = call(spawnPool(start(), Late), { type: 'state' })
export const counter = <S>(make: () => S) =>
  definePool({ init: make, calls: { one: () => reply(1), get: (_msg: object, state) => reply(state) } })
export const counted: Promise<string> = call(
  spawnPool(
    start(),
    counter(() => 'x'),
  ),
  { type: 'get' },
)
