import { definePool, noReply, reply } from '@genpool/core'

/** The number of a message, and how long it takes, in microseconds. */
export interface Work {
  readonly id: number
  readonly us: number
}

/** Which messages have committed, in groups: a commit copies the object that it changes. */
export interface Tally {
  readonly groups: Readonly<Record<string, Group>>
  readonly n: number
}
type Group = Readonly<Record<string, true>>

interface Writable {
  groups: Record<string, Record<string, true>>
  n: number
}

const GROUPS = 128
const groupOf = (id: number): string => `g${id % GROUPS}`
const keyOf = (id: number): string => `m${id}`

/** The numbers of the messages that have committed. */
export function committedIn({ groups }: Tally): number[] {
  return Object.values(groups).flatMap((group) => Object.keys(group).map((key) => Number(key.slice(1))))
}

/** Fills the heap of its thread. */
const kept: unknown[] = []

function spin(us: number): void {
  for (const end = performance.now() + us / 1000; performance.now() < end;);
}
const add = (draft: Writable, id: number): void => {
  const group = (draft.groups[groupOf(id)] ??= {})
  if (group[keyOf(id)] === true) throw new Error(`${id} was committed twice`)
  group[keyOf(id)] = true
  draft.n += 1
}
const next = ({ groups, n }: Tally, id: number): Tally => {
  const group = { ...groups[groupOf(id)], [keyOf(id)]: true as const }
  return { groups: { ...groups, [groupOf(id)]: group }, n: n + 1 }
}

/** Each message adds its number to the state, once. Some kill their thread, in the ways of `deaths.ts`. */
export default definePool({
  init: (): Tally => ({ groups: {}, n: 0 }),
  calls: {
    quick: ({ id, us }: Work) => {
      spin(us)
      return reply(id, (draft) => add(draft, id))
    },
    reading: ({ id }: Work, state) => reply(id, next(state, id)),
    slow: async ({ id, us }: Work) => {
      await new Promise((resolve) => setTimeout(resolve, us / 200))
      return reply(id, (draft) => add(draft, id))
    },
    holding: async ({ id }: Work, state) => {
      await new Promise((resolve) => setImmediate(resolve))
      return reply(id, next(state, id), { commit: 'exclusive' })
    },
    growing: ({ id }: Work) => {
      kept.push(Array.from({ length: 2 ** 19 }, () => id))
      return reply(id, (draft) => add(draft, id))
    },
    exit: ({ us }: Work) => {
      spin(us)
      process.exit(1)
    },
    /** Is done, and commits, before its thread dies of it. */
    thrown: ({ id }: Work) => {
      setImmediate(() => {
        throw new Error('thrown outside')
      })
      return reply(id, (draft) => add(draft, id))
    },
    rejected: async ({ id, us }: Work) => {
      void Promise.reject(new Error('nobody listens'))
      await new Promise((resolve) => setTimeout(resolve, us / 200))
      return reply(id, (draft) => add(draft, id))
    },
    memory: () => {
      const all: unknown[] = []
      for (;;) all.push(new Array(100_000).fill(all.length))
    },
    endless: () => {
      for (;;);
    },
    /** Begins anew, so that the state stays small. */
    forget: ({ id }: Work) => reply(id, { groups: {}, n: 0 }, { commit: 'overwrite' }),
  },
  casts: {
    cast: ({ id }: Work) => noReply((draft) => add(draft, id)),
  },
})
