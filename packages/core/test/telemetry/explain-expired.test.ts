import { call, definePool, explain, noReply, reply, spawnPool } from '@genpool/core'
import { finding, names, send, spawned } from './explained-pool'
import { clock, system } from '../virtual-system'

describe('the finding that callers gave up', () => {
  it('is about handlers, if what expired was running and nothing waited', async () => {
    const pool = spawned()
    send(pool, 1, { type: 'work', ms: 200 }, { timeout: 100 })
    await clock.advance(110)
    expect(finding(pool, 'expired')).toMatchObject({
      says: '1 caller gave up lately before an answer came, while its handler ran',
      figures: { expired: 1, waiting: 0, running: 1, unanswered: 0 },
      advice: 'Make the handler faster, let it watch ctx.signal, or raise "timeout".',
    })
  })

  it('is about the missing answer, if the handler had returned', async () => {
    const Taker = definePool({
      calls: {
        none: () => noReply(),
        kept: (_message, _state, ctx) => (void ctx.from, noReply()),
      },
    })
    for (const [type, advice] of [
      ['none', 'Return reply(answer), or keep ctx.from and call its reply later.'],
      ['kept', 'Make sure that the code which got ctx.from always answers, also after an error: from.fail(error).'],
    ] as const) {
      const pool = spawnPool(system, Taker, type, { clock })
      const error = call(pool, { type }, { timeout: 100 }).catch(({ message }: Error) => message)
      await clock.advance(110)
      const { findings } = explain(pool)
      expect(findings).toMatchObject([
        {
          finding: 'expired',
          says: '1 caller gave up lately before an answer came, after its handler had returned',
          figures: { waiting: 0, running: 0, unanswered: 1 },
          advice,
        },
      ])
      expect(await error).toContain(advice)
    }
  })

  it('is about what holds requests back, if they waited', async () => {
    const pool = spawned()
    send(pool, 2, { type: 'work', ms: 200 })
    send(pool, 3, { type: 'work', ms: 1 }, { timeout: 100 })
    await clock.advance(110)
    expect(finding(pool, 'expired')).toMatchObject({
      says: '3 callers gave up lately before an answer came, while their requests waited',
      figures: { expired: 3, waiting: 3, running: 0 },
      advice: expect.stringContaining('Raise "size" (now 2)'),
    })
    await clock.advance(500)
  })

  it('is about what most of them met', async () => {
    const pool = spawned({ broker: { client: { type: 'drop' }, budget: false } })
    send(pool, 2, { type: 'work', ms: 400 }, { timeout: 300 })
    send(pool, 1, { type: 'work', ms: 1 }, { timeout: 200 })
    await clock.advance(310)
    expect(finding(pool, 'expired')).toMatchObject({
      says: '3 callers gave up lately before an answer came, 2 of them while their handlers ran',
      figures: { expired: 3, waiting: 1, running: 2 },
    })
    await clock.advance(500)
  })

  it('says nothing against the finding that a pool waits for itself', async () => {
    const askAgain = (): Promise<unknown> => call(pool as never, { type: 'inner' } as never, { timeout: 1000 })
    const Circle = definePool({
      calls: {
        outer: async () => reply(await askAgain()),
        inner: () => reply(1),
      },
    })
    const pool = spawnPool(system, Circle, 'circle', { clock, size: 1 })
    const error = call(pool, { type: 'outer' }, { timeout: 50 }).catch(({ message }: Error) => message)
    await clock.advance(60)
    const [first, second] = explain(pool).findings
    expect([first?.finding, second?.finding]).toEqual(['waits-for-itself', 'expired'])
    expect(second?.advice).toBe(first?.advice)
    expect(await error).toContain(first?.advice)
    await clock.advance(1000)
  })
})

describe('the finding of a breaker', () => {
  it('says that a half-open one lets probes pass', async () => {
    const pool = spawned({ breaker: { failures: 1, wait: 50 } })
    send(pool, 1, { type: 'fail' })
    await clock.advance(10)
    expect(finding(pool, 'breaker').says).toMatch(/^the circuit breaker is open: .* so requests are refused at once$/)
    await clock.advance(50)
    expect(finding(pool, 'breaker').says).toMatch(
      /^the circuit breaker is half-open: .* only a few requests pass, as probes/,
    )
    expect(names(pool)).toEqual(['breaker', 'crashes'])
  })
})

describe('a pool of one member', () => {
  it('is told of in the singular', () => {
    const pool = spawned({ size: 1 })
    expect(explain(pool).findings[0]?.says).toBe('nothing limits the pool: 0 of 1 member is busy, 0 requests wait')
  })
})
