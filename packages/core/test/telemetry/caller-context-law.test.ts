import { AsyncLocalStorage } from 'node:async_hooks'
import { call, cast, definePool, noReply, type PoolOptions, type PoolRef, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import fc from 'fast-check'
import { dispatch, query, start, stop } from 'nact'

const user = new AsyncLocalStorage<string>()

/** A message, and the messages that its handler sends on. `as` is the context of its sender. */
interface Plan {
  readonly way: 'call' | 'query' | 'cast' | 'dispatch'
  readonly pool: number
  readonly waits: number
  readonly crashes: boolean
  readonly next: readonly Plan[]
}
interface Message extends Plan {
  readonly type: 'work'
  readonly as: string | undefined
}
const planOf = (depth: number): fc.Arbitrary<Plan> =>
  fc.record({
    way: fc.constantFrom('call', 'query', 'cast', 'dispatch'),
    pool: fc.nat(2),
    waits: fc.nat(3),
    crashes: fc.boolean(),
    next: depth === 0 ? fc.constant([]) : fc.array(planOf(depth - 1), { maxLength: 2 }),
  })
const first = fc.record({
  plan: planOf(2),
  as: fc.option(fc.string({ minLength: 1, maxLength: 2 }), { nil: undefined }),
  pause: fc.boolean(),
})
const kinds: readonly PoolOptions[] = [
  {},
  { state: 'isolated', retryOnCrash: { work: 2 } },
  { concurrency: 1 },
  { broker: { client: { type: 'codel', target: 5, interval: 10, min: 1 } } },
]

describe('the asynchronous context of a handler, in any mix of pools that send to each other', () => {
  it.each([true, false])(
    'is that of its own caller, and none with callerContext: false (%s)',
    async (callerContext) => {
      const options = fc.tuple(
        ...[0, 1, 2].map(() => fc.record({ size: fc.integer({ min: 1, max: 3 }), kind: fc.nat(3) })),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(first, { minLength: 1, maxLength: 20 }), options, async (steps, chosen) => {
          const system = start()
          const clock = virtualClock()
          const seen: [what: string, seen: unknown, own: unknown][] = []
          const crashed = new Set<Message>()
          const note = (what: string, as: string | undefined): void => {
            seen.push([what, user.getStore(), callerContext ? as : undefined])
          }
          const send = (each: Plan, as: string | undefined): void => {
            const message = { ...each, type: 'work', as } as const
            const to = pools[each.pool] as never
            if (each.way === 'cast') cast(to, message as never)
            else if (each.way === 'dispatch') dispatch(to, message as never)
            else {
              const answer: Promise<unknown> =
                each.way === 'call' ? call(to, message as never) : query(to, message as never, 100)
              answer.then(
                () => undefined,
                () => undefined,
              )
            }
          }
          const work =
            (isCall: boolean) =>
            (message: Message, _state: unknown, ctx: { afterCommit(effect: () => void): void }) => {
              const { as, waits, next, crashes } = message
              note('start', as)
              ctx.afterCommit(() => note('effect', as))
              const finish = () => {
                note('end', as)
                if (crashes && !crashed.has(message)) {
                  crashed.add(message)
                  throw new Error('crash')
                }
                // Whom it sends to has the context that it has itself.
                for (const each of next) send(each, callerContext ? as : undefined)
                const recipe = (draft: { n: number }): void => {
                  note('recipe', as)
                  draft.n++
                }
                return isCall ? reply(() => note('answer', as), recipe) : noReply(recipe)
              }
              return waits === 0 ? finish() : clock.wait(waits).then(finish)
            }
          const Work = definePool({
            init: () => {
              note('init', undefined)
              return { n: 0 }
            },
            calls: { work: work(true) as never },
            casts: { work: work(false) as never },
          } as never)
          const pools = chosen.map(({ size, kind }, i) =>
            user.run('spawner', () =>
              spawnPool(system, Work, `p${i}`, {
                ...kinds[kind],
                size,
                clock,
                callerContext,
                restart: { intensity: 10_000 },
              } as never),
            ),
          ) as PoolRef[]
          try {
            for (const { plan: each, as, pause } of steps) {
              if (as === undefined) send(each, undefined)
              else user.run(as, () => send(each, as))
              if (pause) await clock.advance(1)
            }
            await clock.advance(1000)
            expect(seen.filter(([what]) => what === 'start').length).toBeGreaterThan(0)
            expect(seen.filter(([, store, own]) => store !== own)).toEqual([])
          } finally {
            stop(system)
          }
        }),
        { numRuns: 60 },
      )
    },
  )
})
