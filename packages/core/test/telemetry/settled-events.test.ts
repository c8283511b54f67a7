import { call, cast, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { scriptedMembers } from '@genpool/core/testing'
import fc from 'fast-check'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { heard, spawned, work } from './heard'

describe('the event of a settled request', () => {
  it('has the outcome, how long the request waited and how long it ran', async () => {
    const pool = spawned()
    const events = heard('genpool:request:settled')
    const answers = [work(pool, 100), work(pool, 50)]
    await clock.advance(200)
    await Promise.all(answers)
    expect(events).toMatchObject([
      { pool: 'pool', type: 'work', kind: 'call', outcome: 'replied', waitedMs: 0, ranMs: 100, attempts: 1 },
      { outcome: 'replied', waitedMs: 100, ranMs: 50, member: 'member-1.1', error: undefined },
    ])
    expect(events[0]!.ref).toBe(pool)
    expect(events[0]!.message).toEqual({ type: 'work', ms: 100, fail: false })
  })

  it('has the error of a failed request, waiting or running', async () => {
    const pool = spawned()
    const events = heard('genpool:request:settled')
    const abort = new AbortController()
    const answers = [
      work(pool, 100, { timeout: 30 }),
      work(pool, 10, { signal: abort.signal }),
      work(pool, 20, { fail: true }),
      call(pool, { type: 'nothing' } as never).catch(() => undefined),
    ]
    await clock.advance(50)
    abort.abort()
    await clock.advance(200)
    await Promise.all(answers)
    expect(
      events.map(({ outcome, waitedMs, ranMs, error }) => [outcome, waitedMs, Math.floor(ranMs), error?.code]),
    ).toEqual([
      ['invalid', 0, 0, 'ERR_GENPOOL_INVALID'],
      ['expired', 0, 30, 'ERR_GENPOOL_EXPIRED'],
      ['cancelled', 50, 0, 'ERR_GENPOOL_CANCELLED'],
      ['crashed', 100, 20, 'ERR_GENPOOL_CRASHED'],
    ])
  })

  it('counts the run of an answer that came after its handler returned', async () => {
    const members = scriptedMembers()
    const pool = spawnPool(system, members.behaviour, 'scripted', { size: 1, clock })
    const events = heard('genpool:request:settled')
    const late = call(pool, 'a')
    const job = await members.next()
    await clock.advance(10)
    const { from } = job.ctx
    job.leave()
    await clock.advance(30)
    const next = call(pool, 'b')
    await clock.advance(5)
    from.reply('at last')
    ;(await members.next()).reply('b')
    await Promise.all([late, next])
    expect(events).toMatchObject([
      { waitedMs: 0, ranMs: 45, outcome: 'replied' },
      { waitedMs: 0, ranMs: 5 },
    ])
  })

  it('counts the last run of a message that crashed members before, and of each message of a batch', async () => {
    const events = heard('genpool:request:settled')
    let crashes = 2
    const Flaky = definePool({
      calls: {
        try: async () => {
          await clock.wait(10)
          if (crashes-- > 0) throw new Error('again')
          return reply('ok')
        },
        sum: {
          batch: 2,
          handle: async (messages: readonly { n: number }[]) => {
            await clock.wait(7)
            return reply(messages.map(({ n }) => n))
          },
        },
      },
    })
    const pool = spawnPool(system, Flaky, 'flaky', { size: 1, clock, retryOnCrash: { try: 2 } })
    const answer = call(pool, { type: 'try' })
    await clock.advance(100)
    expect(await answer).toBe('ok')
    expect(events).toMatchObject([{ attempts: 3, waitedMs: 20, ranMs: 10, member: 'member-1.3' }])
    const sums = [1, 2, 3].map((n) => call(pool, { type: 'sum', n }))
    await clock.advance(100)
    await Promise.all(sums)
    expect(events.slice(1).map(({ ranMs }) => ranMs)).toEqual([7, 7, 7])
  })

  it('comes once for each request, and agrees with what inspect counts, whatever happens', async () => {
    const request = fc.record({
      ms: fc.integer({ min: 0, max: 40 }),
      timeout: fc.constantFrom(10, 60, Infinity),
      fail: fc.boolean(),
      cast: fc.boolean(),
      pause: fc.integer({ min: 0, max: 20 }),
    })
    const run = async (
      requests: readonly { ms: number; timeout: number; fail: boolean; cast: boolean; pause: number }[],
    ) => {
      const pool = spawned({ size: 2, broker: { client: { type: 'drop', max: 3 } } }, undefined as never)
      const settled = heard('genpool:request:settled', pool)
      const drops = heard('genpool:drop', pool)
      const messages = new Set<unknown>()
      for (const { cast: isCast, pause, ms, ...more } of requests) {
        if (isCast) cast(pool, { type: 'note' })
        else void work(pool, ms, more)
        await clock.advance(pause)
      }
      await clock.advance(20)
      stop(pool)
      await clock.advance(100)
      const { outcomes, accepted, drops: counted } = inspect(pool)
      expect(settled).toHaveLength(accepted)
      for (const { message } of settled) messages.add(message)
      expect(messages.size).toBe(accepted)
      for (const [outcome, count] of Object.entries(outcomes)) {
        expect(settled.filter((event) => event.outcome === outcome)).toHaveLength(count)
      }
      for (const [reason, count] of Object.entries(counted)) {
        expect(drops.filter((event) => event.reason === reason)).toHaveLength(count)
      }
      for (const { waitedMs, ranMs, attempts } of settled) {
        expect(waitedMs).toBeGreaterThanOrEqual(0)
        if (attempts === 0) expect(ranMs).toBe(0)
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(request, { maxLength: 12 }), run), { numRuns: 40 })
  })
})
