import { call, configure, inspect } from '@genpool/core'
import { clock } from '../virtual-system'
import { spawned, CRASHED } from './protected'

describe('a pool with a throttle', () => {
  const full = { size: 1, broker: { client: { type: 'drop', max: 1 } } } as const

  it('refuses a share at once when most requests are refused anyway', async () => {
    let chance = 0.5
    const { pool, ask, refused } = spawned({ ...full, throttle: { min: 20 }, random: () => chance })
    const outcomes = await ask(20, 2)
    expect(outcomes.filter((outcome) => outcome === 'max')).toHaveLength(18)
    // 20 results, 2 of them answers: (20 - 2 * 2) / 21
    expect(inspect(pool).throttle!.probability).toBeCloseTo(16 / 21)
    chance = 0.76
    const error = await refused()
    expect(error).toMatchObject({ reason: 'throttled', waitedMs: 0 })
    expect(inspect(pool).drops).toEqual({ max: 18, throttled: 1 })
    chance = 0.79
    expect(await ask(1, 2)).toEqual(['answer'])
  })

  it('lets all requests pass again when most are accepted', async () => {
    const { pool, ask } = spawned({ ...full, throttle: { min: 10, within: 1000 }, random: () => 0.5 })
    await ask(100, 3)
    expect(await ask()).toEqual(['throttled'])
    await clock.advance(1000)
    expect(inspect(pool).throttle).toEqual({ probability: 0 })
    expect(await ask()).toEqual(['answer'])
  })

  it('counts neither cancelled requests nor those that the breaker refused', async () => {
    const { pool, backend, ask } = spawned({
      throttle: { min: 1 },
      breaker: { failures: 3, wait: 100, share: 0, probes: 1 },
      random: () => 0.5,
    })
    const aborted = new AbortController()
    const calls = Array.from({ length: 9 }, () => call(pool, { type: 'ask' }, { signal: aborted.signal }))
    aborted.abort()
    await Promise.allSettled(calls)
    await clock.advance(5)
    backend.works = false
    await ask(3)
    expect(await ask(100)).toEqual(Array(100).fill('breaker'))
    expect(inspect(pool).throttle).toEqual({ probability: 0 })
  })

  it('returns the place of a probe that it refuses', async () => {
    let chance = 0.999
    const { pool, backend, ask } = spawned({
      ...full,
      throttle: { min: 1 },
      breaker: { failures: 1, wait: 100, share: 0, probes: 1 },
      random: () => chance,
    })
    await ask(50, 2)
    backend.works = false
    expect(await ask()).toEqual([CRASHED])
    backend.works = true
    await clock.advance(100)
    chance = 0
    expect(await ask()).toEqual(['throttled'])
    chance = 0.99
    expect(await ask()).toEqual(['answer'])
    expect(inspect(pool).breaker!.state).toBe('closed')
  })

  it('is off by default', async () => {
    const { pool, ask } = spawned({ ...full, random: () => 0 })
    await ask(100, 2)
    expect(await ask(1, 1)).toEqual(['answer'])
    expect(inspect(pool).throttle).toBeUndefined()
    configure(pool, { throttle: true })
    await ask(100, 2)
    expect(await ask(1, 1)).toEqual(['throttled'])
    configure(pool, { throttle: { factor: 1000 } })
    expect(await ask(1, 1)).toEqual(['answer'])
    configure(pool, { throttle: false })
    expect(inspect(pool).throttle).toBeUndefined()
  })
})
