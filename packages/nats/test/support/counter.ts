import { definePool, reply } from '@genpool/core'

/** Counts, in a state that its members share. */
export const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: () =>
      reply(
        (after: { count: number }) => after.count,
        (draft) => {
          draft.count += 1
        },
      ),
    read: (_: object, { count }) => reply(count),
  },
})
