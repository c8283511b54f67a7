import { call, definePool, inspect, onEvent, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import fc from 'fast-check'
import { start, stop } from 'nact'

const step = fc.record({
  op: fc.constantFrom('call', 'call', 'call', 'call', 'advance', 'advance', 'abort', 'configure'),
  share: fc.constantFrom('a', 'a', 'b', 'c', undefined),
  ms: fc.nat(25),
  crash: fc.constantFrom(false, false, false, true),
  priority: fc.constantFrom(0, 0, 1, 2),
  key: fc.constantFrom(undefined, undefined, undefined, 'k'),
  timeout: fc.constantFrom(15, 40, 5000),
  pick: fc.nat(100),
})
const options = fc.constantFrom(
  {},
  { retryOnCrash: { work: 1 } },
  { size: 1, broker: { client: { type: 'drop', max: 1 } as const } },
  { rate: { limit: 2, interval: 20 } },
  { limits: { by: 'share', concurrency: 1 } },
)

interface Run {
  readonly share: string | undefined
  /** The caller whose message it is. */
  readonly id: number
}

describe('the laws of shared runs', () => {
  it('one run of a key at a time, one outcome for each caller, and what one does ends no other', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 60 }), async (settings, steps) => {
        const clock = virtualClock()
        const system = start()
        const running = new Set<Run>()
        const Worker = definePool({
          calls: {
            work: async (msg: { id: number; share: string | undefined; ms: number; crash: boolean }, _state, ctx) => {
              const run = { share: msg.share, id: msg.id }
              if (msg.share !== undefined) {
                expect([...running].filter(({ share }) => share === msg.share)).toEqual([])
              }
              running.add(run)
              // Nobody waits for it any more: another one may begin.
              ctx.signal.addEventListener('abort', () => running.delete(run))
              await clock.wait(msg.ms)
              if (!running.delete(run)) reached.add('given up')
              if (msg.crash) throw new Error('crashed')
              return reply(msg.id)
            },
          },
        })
        const pool = spawnPool(system, Worker, 'pool', { size: 2, state: 'isolated', clock, ...settings })
        await clock.settle()
        const events: string[] = []
        const off = onEvent('genpool:request:settled', ({ outcome }) => events.push(outcome), { pool })
        const callers: { controller: AbortController; share: string | undefined; sentAt: number; timeout: number }[] =
          []
        const outcomes: string[] = []
        const answers: number[] = []
        const now = (): number => Math.round(clock.now() / 1e6)
        for (const { op, share, ms, crash, priority, key, timeout, pick } of steps) {
          if (op === 'advance') await clock.advance(ms)
          else if (op === 'abort') callers[pick % callers.length]?.controller.abort()
          else if (op === 'call') {
            const id = callers.length
            const caller = { controller: new AbortController(), share, sentAt: now(), timeout }
            callers.push(caller)
            const more = { timeout, priority, signal: caller.controller.signal }
            const withKey = key === undefined ? more : { ...more, key }
            call(
              pool,
              { type: 'work', id, share, ms, crash },
              share === undefined ? withKey : { ...withKey, share },
            ).then(
              (answer) => {
                outcomes[id] = 'replied'
                answers[id] = answer
              },
              (error: { code: string }) => {
                expect(outcomes[id]).toBeUndefined()
                outcomes[id] = error.code.replace('ERR_GENPOOL_', '').toLowerCase()
                if (error.code === 'ERR_GENPOOL_EXPIRED') expect(now()).toBeGreaterThanOrEqual(caller.sentAt + timeout)
                if (error.code === 'ERR_GENPOOL_CANCELLED') expect(caller.controller.signal.aborted).toBe(true)
              },
            )
          }
          await clock.settle()
        }
        await clock.advance(20_000)
        expect(outcomes.length).toBe(callers.length)
        answers.forEach((answer, id) => {
          expect([callers[answer]?.share, answer <= id]).toEqual([callers[id]?.share, true])
          if (callers[id]?.share === undefined) expect(answer).toBe(id)
          else if (answer < id) reached.add('shared')
        })
        const { accepted, outcomes: counted, shared } = inspect(pool)
        const byOutcome = (all: readonly string[], outcome: string) => all.filter((each) => each === outcome).length
        expect([accepted, events.length]).toEqual([callers.length, callers.length])
        for (const [outcome, count] of Object.entries(counted)) {
          expect([outcome, count, count]).toEqual([outcome, byOutcome(outcomes, outcome), byOutcome(events, outcome)])
          if (count > 0) reached.add(outcome)
        }
        expect(shared).toBeLessThan(Math.max(1, callers.length))
        expect(inspect(pool)).toMatchObject({ waiting: 0, late: 0, members: { busy: 0 } })
        expect(clock.timers).toBe(0)
        off()
        stop(system)
        await clock.settle()
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 100) },
    )
    for (const each of ['replied', 'cancelled', 'expired', 'crashed', 'dropped', 'shared', 'given up']) {
      expect([each, reached.has(each)]).toEqual([each, true])
    }
  })
})
