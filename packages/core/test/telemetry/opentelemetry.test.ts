import { call, cast, definePool, inspect, OptionsError, reply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { system, clock, exporter, open, next, tracer, user, seen, spawned, paths, spanOf } from './traced-shop'

describe('spans of an instrumented pool', () => {
  it('make one trace of the caller, the call, the handler, its own spans, and the commit', async () => {
    const { pool } = spawned()
    const request = async (what: string): Promise<void> => {
      const http = tracer.startSpan(`GET /${what}`)
      await context.with(trace.setSpan(context.active(), http), () => call(pool, { type: 'sell', what }))
      http.end()
    }
    // The second one has to wait, and is run when the first one is done.
    const requests = [request('bread'), request('milk')]
    await clock.advance(100)
    await Promise.all(requests)
    const trees = ['bread', 'milk'].map((what) => {
      const root = `GET /${what}`
      const handle = `${root} > call shop.sell > handle shop.sell`
      return [`${handle} > ship ${what}`, `${handle} > commit shop`, handle, `${root} > call shop.sell`, root]
    })
    expect(new Set(paths())).toEqual(new Set(trees.flat()))
    expect(new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId)).size).toBe(2)
    expect(spanOf('call shop.sell').attributes).toMatchObject({
      'genpool.pool': 'shop',
      'genpool.type': 'sell',
      'genpool.kind': 'call',
      'genpool.outcome': 'replied',
      'genpool.waited_ms': 0,
      'genpool.ran_ms': 10,
      'genpool.attempts': 1,
    })
    expect(spanOf('handle shop.sell').attributes).toMatchObject({
      'genpool.member': 'member-1.1',
      'genpool.attempt': 1,
    })
  })

  it('have no commit without a change, and end with the outcome of casts and later answers', async () => {
    const { pool } = spawned()
    cast(pool, { type: 'note' })
    const answers = [call(pool, { type: 'look' }), call(pool, { type: 'later' })]
    await clock.advance(2)
    // Its handler is done; the answer is still to come.
    expect([spanOf('handle shop.later').ended, spanOf('call shop.later')]).toEqual([true, undefined])
    await clock.advance(100)
    expect(await Promise.all(answers)).toEqual([7, 'at last'])
    expect(paths()).toEqual([
      'cast shop.note > handle shop.note > commit shop',
      'cast shop.note > handle shop.note',
      'cast shop.note',
      'call shop.look > handle shop.look',
      'call shop.look',
      'call shop.later > handle shop.later',
      'call shop.later',
    ])
    expect(spanOf('call shop.later').attributes).toMatchObject({ 'genpool.ran_ms': 5 })
  })

  it('show messages that are refused at once: of a type that nobody knows, with wrong options', async () => {
    const { pool } = spawned()
    for (const refused of [call(pool, { type: 'steal' } as never), call(pool, { type: 'look' }, { timeout: -1 })]) {
      await refused.catch(() => undefined)
    }
    cast(pool, { type: 'steal' } as never)
    expect(paths()).toHaveLength(3)
    for (const { attributes } of exporter.getFinishedSpans()) {
      expect(attributes).toMatchObject({ 'genpool.pool': 'shop', 'genpool.outcome': 'invalid' })
    }
    expect(inspect(pool)).toMatchObject({ accepted: 3, outcomes: { invalid: 3 } })
  })

  it('show each run of a message that crashed, with the error', async () => {
    const { pool } = spawned({ retryOnCrash: { sell: 1 } })
    next.crashes = 2
    const answer = call(pool, { type: 'sell', what: 'bread' }).catch((error: { code: string }) => error.code)
    await clock.advance(100)
    expect(await answer).toBe('ERR_GENPOOL_CRASHED')
    const runs = exporter.getFinishedSpans().filter((span) => span.name === 'handle shop.sell')
    expect(runs.map(({ attributes, status }) => [attributes['genpool.attempt'], status.message])).toEqual([
      [1, 'out of stock'],
      [2, 'out of stock'],
    ])
    expect(spanOf('call shop.sell')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'ERR_GENPOOL_CRASHED', 'genpool.outcome': 'crashed' },
      events: [{ name: 'exception' }],
    })
    expect(paths()).not.toContain('call shop.sell > handle shop.sell > commit shop')
  })

  it('show conflicts as failed commits, and the next run', async () => {
    const { pool } = spawned({ size: 2 })
    const answers = [call(pool, { type: 'count', ms: 10 }), call(pool, { type: 'count', ms: 15 })]
    await clock.advance(100)
    expect(await Promise.all(answers)).toEqual([0, 1])
    const commits = exporter.getFinishedSpans().filter((span) => span.name === 'commit shop')
    expect(commits.map(({ status }) => status.message)).toEqual([undefined, 'another commit came first', undefined])
    expect(spanOf('call shop.count').attributes['genpool.attempts']).toBe(1)
    expect(inspect(pool).reruns).toBe(1)
  })

  it('end when the request has its outcome, even if its handler still runs', async () => {
    const { pool } = spawned()
    const late = call(pool, { type: 'sell', what: 'bread' }, { timeout: 5 }).catch(() => undefined)
    const waiting = call(pool, { type: 'sell', what: 'milk' }, { timeout: 5 }).catch(() => undefined)
    await clock.advance(7)
    await Promise.all([late, waiting])
    expect(paths()).toEqual(['call shop.sell > handle shop.sell', 'call shop.sell', 'call shop.sell'])
    expect(spanOf('handle shop.sell').status.code).toBe(SpanStatusCode.ERROR)
    await clock.advance(100)
    // What the handler still did belongs to the trace; no span was ended twice, none is left open.
    expect(paths().slice(3)).toEqual(['call shop.sell > handle shop.sell > ship bread'])
  })

  it('show a batch as one run, in the trace of its first message, and each message with its own outcome', async () => {
    const Adder = definePool({
      init: () => 0,
      calls: {
        add: {
          batch: 3,
          handle: (messages: readonly { n: number }[], state) =>
            reply(
              messages.map(({ n }) => n),
              state + messages.length,
            ),
        },
      },
    })
    const pool = spawnPool(system, Adder, 'adder', { size: 1, clock })
    instrument(pool, { tracer, meter: false })
    const answers = [1, 2, 3].map((n) => call(pool, { type: 'add', n }))
    await clock.advance(1)
    expect(await Promise.all(answers)).toEqual([1, 2, 3])
    const handle = 'call adder.add > handle adder.add'
    const call3 = ['call adder.add', 'call adder.add', 'call adder.add']
    expect(paths()).toEqual([`${handle} > commit adder`, handle, ...call3])
  })

  describe('of a request that is settled while others of its batch run', () => {
    const Adder = definePool({
      init: () => 0,
      calls: {
        add: {
          batch: 2,
          handle: async (messages: readonly { n: number }[], state) => {
            await clock.wait(10)
            return reply(
              messages.map(({ n }) => n),
              state + messages.length,
            )
          },
        },
        set: (msg: { to: number }) => reply(msg.to, msg.to),
        block: async (msg: { ms: number }) => {
          await clock.wait(msg.ms)
          return reply('done')
        },
      },
    })
    /** Two messages in one batch, whose commit finds another one. The first message is given up before it runs again. */
    const rerun = async () => {
      const pool = spawnPool(system, Adder, 'adder', { size: 2, clock })
      instrument(pool, { tracer, meter: false })
      // The messages wait for the first member that is free, which takes both.
      const blocked = [1, 2].map((ms) => call(pool, { type: 'block', ms }))
      const callers = [new AbortController(), new AbortController()] as const
      const answers = callers.map(({ signal }, n) =>
        call(pool, { type: 'add', n }, { signal }).catch(({ code }: { code: string }) => code),
      )
      await clock.advance(5)
      await Promise.all(blocked)
      await Promise.all([call(pool, { type: 'set', to: 7 }), clock.advance(1)])
      callers[0].abort()
      await clock.advance(8)
      return { pool, callers, answers }
    }

    it('have all ended with it', async () => {
      const { answers } = await rerun()
      expect(open.size).toBe(1)
      await clock.advance(20)
      expect(await Promise.all(answers)).toEqual(['ERR_GENPOOL_CANCELLED', 1])
      expect(open.size).toBe(0)
    })

    it('have all ended when the others are given up, too', async () => {
      const { answers, callers } = await rerun()
      callers[1].abort()
      await clock.advance(20)
      expect(await Promise.all(answers)).toEqual(['ERR_GENPOOL_CANCELLED', 'ERR_GENPOOL_CANCELLED'])
      expect(open.size).toBe(0)
    })
  })

  it.each(['handle shop.sell', 'commit shop'])('end if the request is given up while "%s" begins', async (name) => {
    const { pool } = spawned()
    const caller = new AbortController()
    const answer = call(pool, { type: 'sell', what: 'bread' }, { signal: caller.signal }).catch(() => 'given up')
    next.onStart = (started) => void (started === name && caller.abort())
    await clock.advance(50)
    expect(await answer).toBe('given up')
    expect(open.size).toBe(0)
  })

  it("use the caller's context", async () => {
    const { pool } = spawned()
    const answers = ['ann', 'bob'].map((id) => user.run(id, () => call(pool, { type: 'sell', what: id })))
    await clock.advance(100)
    await Promise.all(answers)
    expect(seen).toEqual(['ann', 'bob'])
  })

  it('end when the function from instrument is called, and can start again', async () => {
    const { pool, end } = spawned()
    expect(() => instrument(pool)).toThrow(OptionsError)
    end()
    end()
    expect(await Promise.all([call(pool, { type: 'look' }), clock.advance(1)])).toEqual([0, undefined])
    expect(paths()).toEqual([])
    instrument(pool, { tracer, meter: false })
    end()
    await Promise.all([call(pool, { type: 'look' }), clock.advance(1)])
    expect(paths()).toEqual(['call shop.look > handle shop.look', 'call shop.look'])
  })
})
