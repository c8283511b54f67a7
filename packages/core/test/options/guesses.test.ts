import { type Change, configure, definePool, type PoolRef, poolOptions, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'
import { firstGuesses } from '../../src/assemble/first-guesses'
import { probesOf } from './probes'

const Counter = definePool({ init: () => 0, calls: { add: () => reply(1) } })

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const spawned = (options: object): PoolRef => spawnPool(system, Counter, 'shop', options)
const change = (pool: PoolRef, changes: object): readonly Change[] => configure(pool, changes)

describe('an option of a pool that does not exist', () => {
  it.each([
    ['maxQueue', 'broker.client.max'],
    ['MaxQueue', 'broker.client.max'],
    ['maxQueu', 'broker.client.max'],
    ['queueSize', 'broker.client.max'],
    ['queue', 'broker.client'],
    ['limit', 'limits'],
    ['rateLimit', 'rate.limit'],
    ['maxPerSecond', 'rate.limit'],
    ['perKey', 'limits.by'],
    ['concurency', 'concurrency'],
    ['Concurrency', 'concurrency'],
    ['parallelism', 'concurrency'],
    ['workers', 'size'],
    ['members', 'size'],
    ['sise', 'size'],
    ['valve', 'size.valve'],
    ['intensity', 'restart.intensity'],
    ['commit', 'state.commit'],
    ['retries', 'retryOnCrash'],
    ['deadline', 'timeout'],
    ['circuitBreaker', 'breaker'],
  ])('%s: the error names the one that was meant', (name, meant) => {
    const message = `at the top: unknown key "${name}" (did you mean "${meant}"?). Accepted keys: alarm,`
    expect(() => spawned({ [name]: 4 })).toThrow(message)
    expect(() => change(spawned({}), { [name]: 4 })).toThrow(message)
  })

  it('is told where it would be right if it stands elsewhere', () => {
    expect(() => spawned({ broker: { max: 4 } })).toThrow('unknown key "max" (did you mean "broker.client.max", ')
    expect(() => spawned({ broker: { maxQueue: 4 } })).toThrow('(did you mean "broker.client.max"?)')
    expect(() => spawned({ restart: { size: 4 } })).toThrow(
      'unknown key "size" (it belongs at the top, not in "restart")',
    )
    expect(() => spawned({ size: { size: 4 } })).toThrow('unknown key "size" (it belongs at the top, not in "size")')
    expect(() => spawned({ broker: { client: { size: 4 } } })).toThrow('(did you mean "broker.client.max"?)')
    expect(() => spawned({ broker: { member: { Limit: 4 } } })).toThrow('(did you mean "broker.member.max"?)')
    expect(() => spawned({ broker: { worker: {} } })).toThrow('(did you mean "broker.member"?)')
    expect(() => spawned({ max: 4 })).toThrow('(did you mean "size.max", ')
  })

  it('has nothing to be meant by it if nothing is near', () => {
    expect(() => spawned({ banana: 4 })).toThrow('at the top: unknown key "banana". Accepted keys:')
  })

  it('is only ever explained by options that there are', () => {
    const options = new Set(probesOf(poolOptions).map(({ path }) => path.join('.')))
    const meant = Object.values(firstGuesses).flat()
    expect(meant.filter((option) => !options.has(option))).toEqual([])
    const real = new Set([...options].filter((option) => !option.includes('.')).map((option) => option.toLowerCase()))
    expect(Object.keys(firstGuesses).filter((guess) => real.has(guess))).toEqual([])
  })
})

describe('a wrong option', () => {
  it('is told by configure as by spawnPool', () => {
    const message = 'expected "drop", "timeout", "codel" or "fair", got "codl" (did you mean "codel"?)'
    const wrong = { broker: { client: { type: 'codl' } } }
    expect(() => spawned(wrong)).toThrow(`The options of pool "shop" are wrong; nothing was changed.`)
    expect(() => change(spawned({}), wrong)).toThrow(
      `The changes to pool "shop" are wrong; nothing was changed.\n  at broker.client.type: ${message}`,
    )
  })
})

describe('the queue of a pool without a type', () => {
  it('is a drop queue, and stays what it is when something of it changes', () => {
    const pool = spawned({ broker: { client: { max: 4, order: 'lifo' } } })
    const changed = (client: object): string[] =>
      change(pool, { broker: { client } }).map(({ path, to }) => `${path}: ${to}`)
    expect(changed({ max: 5 })).toEqual(['broker.client.max: 5'])
    expect(changed({ type: 'drop', max: 6 })).toEqual(['broker.client.max: 6'])
    expect(changed({ type: 'codel', target: 5 })).toContain('broker.client.type: codel')
    expect(changed({ target: 6 })).toEqual(['broker.client.target: 6'])
  })
})
