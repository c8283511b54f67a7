import { changeConfig, spawnBroker } from '@genpool/broker'
import { call, type CallOptions, cast, configure, definePool, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

/*
 * Whoever changes a message object that was sent, its sender or its handler, and whatever limits are set meanwhile: each message has one
 * outcome, what has run is never said to have changed nothing, and the pool lives.
 */

interface Work {
  k: unknown
  /** What its handler does in its first runs, and what it makes of `k` before. */
  readonly ends: 'reply' | 'crash' | 'again'
  readonly changed: unknown
  readonly runs: number
}

class Instance {
  x = 1
}
const circular: unknown[] = []
circular.push(circular)

const keys = fc.constantFrom<unknown>(
  0,
  1,
  2,
  3,
  3,
  'a',
  undefined,
  null,
  7,
  circular,
  new Instance(),
  Object.create(null),
)
const by = (message: Work): unknown => (message.k as number).toFixed()
const rules = fc.constantFrom<object>(
  {},
  { rate: { limit: 3, interval: 10 } },
  { rate: { limit: 3, interval: 10, cost: 'k' } },
  { rate: { limit: 9, interval: 10, cost: by } },
  { rate: { limit: 9, interval: 10, by, cost: 'k' } },
  { rate: { limit: 1, interval: 10, by: 'k' } },
  { limits: { by: 'k', concurrency: 1 } },
  { limits: { by: 'k', max: 1 } },
  { limits: { by, concurrency: 1, rate: { limit: 2, interval: 5, cost: 'k' } } },
  { limits: { by: 'k', weight: { 3: 4 } } },
  { limits: { by, concurrency: 2, weight: () => 2 }, rate: { limit: 5, interval: 10, cost: 'k' } },
)
const clients = fc.constantFrom<object>(
  { type: 'drop' },
  { type: 'drop', order: 'lifo' },
  { type: 'drop', max: 3 },
  { type: 'timeout', timeout: 50 },
  { type: 'codel', target: 5, interval: 20 },
  { type: 'fair', by: { property: 'k' } },
  { type: 'fair', by },
  { type: 'fair', by: 'value', queue: { type: 'timeout', timeout: 50 } },
)
/** Keys that share by weight have a fair queue of their own. */
const together = (rules: object, client: object): { rules: object; client: object } => {
  const hasWeight =
    (rules as { limits?: object }).limits !== undefined && 'weight' in (rules as { limits: object }).limits
  return { rules, client: hasWeight && (client as { type: string }).type === 'fair' ? { type: 'drop' } : client }
}
const options = fc.tuple(rules, clients).map(([some, client]) => together(some, client))
const steps = fc.array(
  fc.record({
    op: fc.constantFrom('call', 'call', 'call', 'batch', 'latest', 'cast', 'advance', 'advance', 'change', 'configure'),
    k: keys,
    changed: keys,
    ends: fc.constantFrom<Work['ends']>('reply', 'crash', 'crash', 'again'),
    runs: fc.constantFrom(1, 1, 2),
    more: fc.constantFrom<CallOptions>(
      {},
      {},
      { priority: 1 },
      { key: 'x' },
      { share: 1 },
      { share: 1, priority: 2 },
      { share: 1, timeout: 400 },
      { timeout: 20 },
      { retry: { backoff: { min: 3, jitter: 0 } } },
    ),
    pick: fc.nat(50),
    ms: fc.integer({ min: 0, max: 12 }),
    options,
  }),
  { minLength: 5, maxLength: 60 },
)

describe.each([
  ['its own broker', false],
  ['a shared broker', true],
])('a pool with %s, whose messages and limits change at any moment,', (_name, isShared) => {
  it('gives each message one outcome, and lives', async () => {
    let comeBacks = 0
    let crashesTold = 0
    await fc.assert(
      fc.asyncProperty(steps, options, async (all, { rules: firstRules, client: firstClient }) => {
        const clock = virtualClock()
        const system = start()
        const print = jest.spyOn(console, 'log').mockImplementation(() => undefined)
        const ran = new Set<object>()
        const broker = isShared
          ? spawnBroker(system, { clock, client: firstClient, ...firstRules } as never)
          : undefined
        const run = async (
          message: Work,
          ctx: { attempt: number; backOff: (ms: number, o: { again: true }) => unknown },
        ) => {
          await clock.wait(3)
          ran.add(message)
          if (ctx.attempt > message.runs || message.ends === 'reply') return undefined
          comeBacks++
          message.k = message.changed
          if (message.ends === 'crash' || isShared) throw new Error('no luck')
          return ctx.backOff(2, { again: true })
        }
        const Worker = definePool({
          calls: {
            work: async (message: Work, _state, ctx) => ((await run(message, ctx as never)) as never) ?? reply('done'),
            many: {
              batch: 3,
              handle: async (messages: readonly Work[]) => {
                await clock.wait(3)
                for (const message of messages) {
                  ran.add(message)
                  message.k = message.changed
                }
                return reply(messages.map(() => 'done'))
              },
            },
          },
          casts: {
            note: async (message: Work, _state, ctx) => ((await run(message, ctx as never)) as never) ?? noReply(),
          },
        })
        const pool = spawnPool(system, Worker, 'pool', {
          size: 2,
          state: 'isolated',
          clock,
          timeout: Infinity,
          retryOnCrash: { work: 3, note: 3 },
          poisonAfter: 9,
          restart: { intensity: 1e6 },
          ...(broker === undefined ? { broker: { client: firstClient }, ...firstRules } : { broker }),
        } as never)
        await clock.settle()
        const sent: Work[] = []
        let [calls, settled] = [0, 0]
        for (const { op, k, changed, ends, runs, more, pick, ms, options: to } of all) {
          const message: Work = { k, changed, ends, runs }
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'change') {
            if (sent.length > 0) (sent[pick % sent.length] as Work).k = changed
          } else if (op === 'configure') {
            const { client } = to
            const limits = { rate: false, limits: false, ...to.rules }
            if (broker === undefined) {
              // Options that are left out stay, and a weight needs a queue that fits.
              if (pick % 2 === 0) configure(pool, { rate: false, limits: false, broker: { client: { type: 'drop' } } })
              try {
                configure(pool, { broker: { client }, ...limits } as never)
              } catch (error) {
                expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
              }
            } else changeConfig(broker, { client, ...limits } as never)
          } else if (op === 'latest' || op === 'cast') {
            const note = { type: 'note', ...message } as const
            sent.push(note)
            cast(pool, note, op === 'latest' ? { latest: pick % 2 } : {})
          } else {
            calls++
            const asked = { type: op === 'batch' ? 'many' : 'work', ...message } as { type: 'work' } & Work
            sent.push(asked)
            call(pool, asked, more).then(
              () => settled++,
              ({ code }: { code: string }) => {
                settled++
                if (more.share !== undefined || !ran.has(asked)) return
                crashesTold++
                expect(['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_EXPIRED']).toContain(code)
              },
            )
          }
          if (pick % 3 === 0) await clock.settle()
        }
        await clock.advance(20_000)
        // No place of a key is taken for ever.
        expect(inspect(pool).limits?.running ?? 0).toBe(0)
        if (broker === undefined) configure(pool, { rate: false, limits: false })
        else changeConfig(broker, {})
        await clock.advance(20_000)
        const { phase, accepted, outcomes, waiting } = inspect(pool)
        expect([phase, waiting, settled]).toEqual(['running', 0, calls])
        expect(Object.values(outcomes).reduce((sum, each) => sum + each, 0)).toBe(accepted)
        stop(system)
        await clock.settle()
        print.mockRestore()
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 100) },
    )
    expect(comeBacks).toBeGreaterThan(0)
    expect(crashesTold).toBeGreaterThan(0)
  })
})
