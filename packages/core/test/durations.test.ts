import { call, definePool, explain, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { inWords } from '../src/views/explain/finding'

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

describe('a duration in a text', () => {
  it.each([
    [0, '0 ms'],
    [1e-9, 'less than 0.001 ms'],
    [0.5, '0.5 ms'],
    [999, '999 ms'],
    [59_000, '59 s'],
    [7_200_000, '2 h'],
    [10 * 86_400_000, '10 days'],
    [1e300, 'more than 100 years'],
    [Infinity, 'unlimited time'],
    [NaN, 'an unknown time'],
  ])('of %p ms is "%s"', (ms, words) => {
    expect(inWords(ms)).toBe(words)
  })

  it('is one that people understand, also for a back-off without sense', async () => {
    const clock = virtualClock()
    const Busy = definePool({ calls: { work: (_msg, _state, ctx) => (ctx.backOff(1e300), reply(1)) } })
    const pool = spawnPool(system, Busy, 'pool', { size: 1, clock })
    const calls = [call(pool, { type: 'work' }), call(pool, { type: 'work' }, { timeout: 50 })]
    const settled = Promise.allSettled(calls)
    await clock.advance(10)
    const { findings } = explain(pool)
    expect(findings.map(({ says }) => says).join()).not.toMatch(/e\+|NaN|Infinity/)
    await clock.advance(1000)
    const [, second] = await settled
    expect(String((second as PromiseRejectedResult).reason)).toContain('more than 100 years')
  })
})
