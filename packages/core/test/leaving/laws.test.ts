import {
  call,
  cast,
  definePool,
  getState,
  inspect,
  noReply,
  type PoolOptions,
  reply,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

const step = fc.record({
  op: fc.constantFrom('call', 'call', 'call', 'cast', 'advance', 'abort'),
  ms: fc.nat(25),
  pick: fc.nat(100),
  timeout: fc.constantFrom(15, 30, 45, 5000),
  share: fc.constantFrom(undefined, undefined, 'a', 'b'),
  key: fc.constantFrom(undefined, undefined, undefined, 'k'),
  /** What its handler does when its signal has fired. */
  stops: fc.boolean(),
  next: fc.constantFrom('recipe', 'state', 'state', 'exclusive'),
  crash: fc.constantFrom(false, false, false, false, true),
})
const options = fc.constantFrom<PoolOptions>(
  {},
  { size: 1 },
  { size: 3, retryOnCrash: { work: 2 } },
  { limits: { by: 'tenant', concurrency: 1 } },
  { rate: { limit: 4, interval: 20 } },
)

interface Message {
  readonly id: number
  readonly ms: number
  readonly stops: boolean
  readonly next: string
  readonly crash: boolean
}
interface Failed {
  readonly code: string
  readonly started?: boolean
  readonly mayBeCommitted?: boolean
}

describe('the laws of callers that leave', () => {
  it('what is said not to be committed is not in the state, and nobody who leaves crashes a member', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 50 }), async (settings, steps) => {
        const clock = virtualClock()
        const system = start()
        let crashes = 0
        const work = async (messages: readonly Message[], state: { ids: readonly number[] }, signal: AbortSignal) => {
          const { ms, stops, next, crash } = messages[0]!
          if (messages.length > 1) reached.add('batch')
          await clock.wait(ms)
          if (stops && signal.aborted) throw signal.reason
          if (crash && ++crashes > 0) throw new Error('crashed')
          const ids = messages.map(({ id }) => id)
          if (next === 'recipe') return [(draft: { ids: number[] }) => void draft.ids.push(...ids)] as const
          const then = next === 'exclusive' ? ({ commit: 'exclusive' } as const) : undefined
          return [{ ids: [...state.ids, ...ids] }, then] as const
        }
        const Worker = definePool({
          init: (): { ids: number[] } => ({ ids: [] }),
          calls: {
            work: {
              batch: 5,
              handle: async (messages: readonly Message[], state, ctx) => {
                if (ctx.attempt > 1) reached.add('again')
                return reply(
                  messages.map(({ id }) => id),
                  ...((await work(messages, state, ctx.signal)) as [never]),
                )
              },
            },
          },
          casts: {
            note: {
              batch: 5,
              handle: async (messages: readonly Message[], state, ctx) =>
                noReply(...((await work(messages, state, ctx.signal)) as [never])),
            },
          },
        })
        const pool = spawnPool(system, Worker, 'pool', {
          size: 2,
          clock,
          broker: { budget: false },
          ...settings,
        } as PoolOptions)
        await clock.settle()
        const controllers: AbortController[] = []
        const errors = new Map<number, Failed>()
        const answered = new Set<number>()
        watchDeadLetters(pool, ({ message, error }) => {
          const { id } = message as Message
          if (error !== undefined) errors.set(id, error as unknown as Failed)
        })
        for (const [id, { op, ms, pick, timeout, share, key, ...rest }] of steps.entries()) {
          const message = { id, ms, tenant: pick % 3, ...rest }
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'abort') controllers[pick % controllers.length]?.abort()
          else if (op === 'cast') cast(pool, { type: 'note', ...message }, { timeout })
          else {
            const controller = new AbortController()
            controllers.push(controller)
            const more = { timeout, signal: controller.signal, ...(key === undefined ? {} : { key }) }
            call(pool, { type: 'work', ...message }, share === undefined ? more : { ...more, share }).then(
              (answer) => answered.add(answer),
              (error: Failed) => errors.set(id, error),
            )
          }
          await clock.settle()
        }
        await clock.advance(20_000)
        const { ids } = getState(pool) as { ids: readonly number[] }
        expect(new Set(ids).size).toBe(ids.length)
        for (const id of answered) expect(ids).toContain(id)
        for (const [id, { code, started, mayBeCommitted }] of errors) {
          const isIn = ids.includes(id)
          if (started === false || mayBeCommitted === false) expect([id, code, isIn]).toEqual([id, code, false])
          if (isIn) reached.add('committed for others')
          if (code === 'ERR_GENPOOL_EXPIRED' || code === 'ERR_GENPOOL_CANCELLED')
            reached.add(`${started} ${mayBeCommitted}`)
        }
        expect(inspect(pool)).toMatchObject({ restarts: crashes, waiting: 0, members: { busy: 0 } })
        expect(clock.timers).toBe(0)
        stop(system)
        await clock.settle()
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 100) },
    )
    for (const each of ['batch', 'again', 'committed for others', 'false false', 'true false', 'true true']) {
      expect([each, reached.has(each)]).toEqual([each, true])
    }
  })
})
