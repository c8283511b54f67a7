import { definePool, explain, reply, spawnPool } from '@genpool/core'
import { clock, system } from './quiet-system'
import { type Failed, failed, type Pool, send, spawned, Worker } from './remedied-pool'

/** Passes the deadline by as much as timers need. */
const SLACK = 10
const expiry = async (pool: Pool, timeout: number, options: object = {}): Promise<Failed> => {
  const error = failed(pool, { type: 'work', ms: 1 }, { timeout, ...options })
  await clock.advance(timeout + SLACK)
  return error
}
/** What explain says first, as the sentences of an error. */
const explained = (pool: Pool): string => {
  const [first] = explain(pool).findings
  return `${first!.says.charAt(0).toUpperCase()}${first!.says.slice(1)}. ${first!.advice}`
}
const WAITED = (ms: number, pool = 'pool'): string =>
  `"${pool}" did not answer within ${ms} ms: the request was still waiting and was never run; it is safe to retry. `
const HANG_ADVICE =
  'Find out what the handler waits for. Let handlers watch ctx.signal, and set "stuckAfter" to replace members that hang.'
const RAISE_SIZE = 'Raise "size" (now 2) if the backend of the handlers can take more at once, or make handlers faster.'

describe('an expiry', () => {
  it('says that init keeps failing, with what, and has that as its cause', async () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:5432')
    const Opener = definePool({
      init: (): { done: number } => {
        throw refused
      },
      calls: { work: () => reply('done') },
    })
    for (const state of ['shared', 'isolated'] as const) {
      const pool = spawnPool(system, Opener, state, { size: 2, clock, state }) as never as Pool
      const { says, cause } = await expiry(pool, 500)
      expect(says).toBe(
        WAITED(500, state) +
          'Init has failed 3 times in a row, last with: connect ECONNREFUSED 127.0.0.1:5432. Fix what init needs. It is ' +
          'retried after a growing wait, until it has failed "restart.attempts" times.',
      )
      expect(says).toBe(WAITED(500, state) + explained(pool))
      expect(cause).toBe(refused)
    }
  })

  it('says that no member is ready, and what is waited for', async () => {
    const Slow = definePool({ init: () => clock.wait(5000), calls: { work: () => reply('done') } })
    const pool = spawnPool(system, Slow, 'pool', { size: 2, clock }) as never as Pool
    expect((await expiry(pool, 500)).says).toBe(
      WAITED(500) +
        'No member is ready yet, and 1 request waits: init has not answered for 500 ms. Make init faster, or await ' +
        'ready(pool) before you send requests.',
    )
  })

  it('says that all members hang, in what, and how they are replaced', async () => {
    const pool = spawned()
    send(pool, 2, { type: 'hang' })
    expect((await expiry(pool, 500)).says).toBe(
      `${WAITED(500)}All members (2 of 2) have been in "hang" for 500 ms or longer, and 1 request waits. ${HANG_ADVICE}`,
    )
    const guarded = spawnPool(system, Worker, 'guarded', { size: 1, clock, stuckAfter: 60_000 }) as Pool
    send(guarded, 1, { type: 'hang' })
    expect((await expiry(guarded, 500)).says).toBe(
      WAITED(500, 'guarded') +
        'All members (1 of 1) have been in "hang" for 500 ms or longer, and 1 request waits. Find out what the handler ' +
        'waits for. A member that hangs is replaced after "stuckAfter" (now 60 s).',
    )
  })

  it('says that each handler holds the state', async () => {
    const pool = spawned({ state: { commit: 'exclusive' } })
    send(pool, 5, { type: 'work', ms: 200 })
    const { says } = await expiry(pool, 300)
    expect(says).toBe(
      WAITED(300) +
        '2 members are busy, but each handler holds the state while it runs, so only one works at a time. Commit with ' +
        'recipes, and set "state.commit" to "update" or "retry": handlers then do not hold the state.',
    )
    expect(says).toBe(WAITED(300) + explained(pool))
  })

  it('says that the concurrency limit holds members back', async () => {
    const pool = spawned({ concurrency: 1 })
    send(pool, 20, { type: 'work', ms: 80 })
    expect((await expiry(pool, 300)).says).toBe(
      WAITED(300) +
        'Only 1 member may work at once, 1 is set aside, and 17 requests wait. Raise "concurrency" if the backend of the ' +
        'handlers can take more at once, or let it learn with "gradient".',
    )
  })

  it('says that the rate of an elastic size holds members back', async () => {
    const valve = { type: 'rate', limit: 1, interval: 60_000 } as const
    const pool = spawned({ size: { min: 1, max: 4, valve } })
    send(pool, 20, { type: 'work', ms: 80 })
    expect((await expiry(pool, 300)).says).toBe(
      WAITED(300) +
        'All members are busy (1 of 1), and 17 requests wait, the oldest for 300 ms; most of the time goes into "work". ' +
        '"size.valve" holds more members back, up to 4. If that is too slow, change "size.valve" or raise "size.min".',
    )
  })

  it('says that it waited for the turn of its key', async () => {
    const pool = spawned({ size: 4 })
    send(pool, 5, { type: 'work', ms: 200 }, { key: 'account 7' })
    expect((await expiry(pool, 300, { key: 'account 7' })).says).toBe(
      WAITED(300) +
        'It waited for the turn of its key "account 7", while 3 members are idle: a key is handled one request at a time. ' +
        'Use a finer key, or no key where order does not matter: a commit with a recipe needs none.',
    )
    // No other advice for the callers that gave up.
    const [first, second] = explain(pool).findings
    expect([first!.finding, second!.finding, second!.advice]).toEqual(['keys', 'expired', first!.advice])
  })

  it('asks for more members only if there is too much work for them', async () => {
    const pool = spawned()
    send(pool, 40, { type: 'work', ms: 80 })
    expect((await expiry(pool, 300)).says).toBe(
      WAITED(300) +
        'All members are busy (2 of 2), and 33 requests wait, the oldest for 300 ms; most of the time goes into "work". ' +
        RAISE_SIZE,
    )
  })

  it('says that the event loop is blocked, against which members do not help', async () => {
    const pool = spawned()
    for (let i = 0; i < 6; i++) {
      send(pool, 1, { type: 'compute', ms: 200 })
      await clock.settle()
    }
    send(pool, 4, { type: 'compute', ms: 200 })
    const { says } = await expiry(pool, 300)
    expect(says.replace(/took [\d.]+ m?s of the last [\d.]+ m?s/, 'took 1 s of the last 2 s')).toBe(
      WAITED(300) +
        'The event loop is blocked: a turn took up to 200 ms, and nothing else runs meanwhile; long turns took 1 s of the ' +
        'last 2 s. Split long computations, or move them to a thread. More members do not help: they share this thread.',
    )
  })

  it('of a running request says how long its handler ran, or that it was the wait', async () => {
    const pool = spawned({ broker: { client: { type: 'drop' }, budget: false } as never })
    const RUNNING = '"pool" did not answer within 300 ms: the request was running, and its result is discarded. '
    const alone = failed(pool, { type: 'work', ms: 1000 }, { timeout: 300 })
    await clock.advance(300 + SLACK)
    expect((await alone).says).toBe(
      `${RUNNING}Its handler had run for 300 ms. Make the handler faster, let it watch ctx.signal, or raise "timeout".`,
    )
    await clock.advance(1000)
    send(pool, 2, { type: 'work', ms: 250 })
    const last = failed(pool, { type: 'work', ms: 100 }, { timeout: 300 })
    send(pool, 1, { type: 'work', ms: 100 })
    await clock.advance(300 + SLACK)
    expect((await last).says).toBe(
      `${RUNNING}It had waited for 250 ms before, and ran for 50 ms. All members are busy (2 of 2); most of the time goes ` +
        `into "work". ${RAISE_SIZE}`,
    )
    const unanswered = failed(pool, { type: 'later' }, { timeout: 300 })
    await clock.advance(300 + SLACK)
    expect((await unanswered).says).toBe(
      `${RUNNING}Its handler has returned, and nobody has answered since. Make sure that the code which got ctx.from ` +
        'always answers, also after an error: from.fail(error).',
    )
  })

  it('names the time that the caller asked for, however late it is noticed', async () => {
    const pool = spawned()
    send(pool, 2, { type: 'hang' })
    for (const timeout of [0, 3, 3.5, 1234]) {
      expect((await expiry(pool, timeout)).says).toMatch(`"pool" did not answer within ${timeout} ms: `)
    }
  })
})

describe('a drop', () => {
  const dropped = async (pool: Pool): Promise<string> => {
    const errors = [1, 2].map(() => failed(pool, { type: 'work', ms: 1 }, { timeout: 5000 }))
    await clock.advance(400)
    return (await errors[1]!).says
  }

  it('gives the remedy for members that hang, whichever rule of the queue dropped', async () => {
    const rules = {
      max: ['(max, 1 waiting): the queue was full', '500 ms or longer, and 1 request waits', 250],
      timeout: ['(timeout, 0 waiting): it waited longer than the queue allows', '800 ms or longer', 400],
    } as const
    const options = { max: { type: 'drop', max: 1 }, timeout: { type: 'timeout', timeout: 300 } } as const
    for (const name of ['max', 'timeout'] as const) {
      const pool = spawnPool(system, Worker, name, { size: 2, clock, broker: { client: options[name] } }) as Pool
      send(pool, 2, { type: 'hang' })
      await clock.advance(500)
      const [why, since, retry] = rules[name]
      const after = name === 'max' ? 0 : 300
      expect(await dropped(pool)).toBe(
        `"${name}" dropped a request after ${after} ms ${why}. All members (2 of 2) have been in "hang" for ${since}. ` +
          `${HANG_ADVICE} Retry in ${retry} ms.`,
      )
      const { findings } = explain(pool)
      expect(findings.map(({ advice }) => advice)).toEqual(findings.map(() => HANG_ADVICE))
    }
  })

  it('asks for more members, or a longer queue, if there is too much work', async () => {
    const pool = spawned({ broker: { client: { type: 'drop', max: 2 } } })
    send(pool, 4, { type: 'work', ms: 80 })
    const { says } = await failed(pool, { type: 'work', ms: 1 })
    expect(says).toBe(
      '"pool" dropped a request after 0 ms (max, 2 waiting): the queue was full. All members are busy (2 of 2), and 2 ' +
        `requests wait, the oldest for 0 ms; most of the time goes into "work". ${RAISE_SIZE} If only short bursts fill the ` +
        'queue, raise "broker.client.max".',
    )
    expect(explain(pool).findings.find(({ finding }) => finding === 'drops')!.advice).toBe(
      `${RAISE_SIZE} If only short bursts fill the queue, raise "broker.client.max".`,
    )
  })

  it('by the circuit breaker says what crashed last, with no second full stop, and has that as its cause', async () => {
    const pool = spawned({ breaker: { failures: 3 } as never })
    for (let i = 0; i < 5; i++) {
      send(pool, 1, { type: 'fail' })
      await clock.settle()
    }
    const { says, cause } = await failed(pool, { type: 'work', ms: 1 })
    expect(says).toBe(
      '"pool" dropped a request after 0 ms (breaker, 0 waiting): earlier requests or starts keep failing, and requests are ' +
        'refused until one succeeds. The last one: connection refused. Fix what makes handlers crash. The breaker closes ' +
        'when its probes succeed. Retry in 1000 ms.',
    )
    expect(cause).toMatchObject({ message: 'connection refused.' })
    expect(says).toContain(explain(pool).findings[0]!.advice)
  })
})
