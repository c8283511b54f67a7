import { betterOf, regulatorMeter, spawnBroker, spawnRegulator } from '@genpool/broker'
import { definePool, drain, OptionsError, type PoolRef, reply, spawnPool } from '@genpool/core'
import { instrument } from '@genpool/core/opentelemetry'
import { fileEngine } from '@genpool/state-ane'
import { type ActorSystemRef, start, stop } from 'nact'

const Counter = definePool({ init: () => 0, calls: { add: () => reply(1) } })

let system: ActorSystemRef
let pool: PoolRef
beforeEach(() => {
  system = start()
  pool = spawnPool(system, Counter, 'shop') as PoolRef
})
afterEach(() => {
  stop(system)
})

const brokers = () => [spawnBroker(system), spawnBroker(system)]

describe('the options of functions that have only few', () => {
  it.each<[string, () => unknown, string]>([
    ['drain', () => drain(pool, { withn: 5 } as never), 'unknown key "withn" (did you mean "within"?)'],
    [
      'drain',
      () => drain(pool, { within: '5' } as never),
      'at within: expected milliseconds >= 0 or Infinity, got "5"',
    ],
    ['drain', () => drain(pool, 500 as never), 'at the top: expected an object { within }, got 500'],
    ['fileEngine', () => fileEngine('x', { compct: true } as never), 'unknown key "compct" (did you mean "compact"?)'],
    ['fileEngine', () => fileEngine('x', { compact: 1 } as never), 'at compact: expected true or false, got 1'],
    ['fileEngine', () => fileEngine(5 as never), 'expected the path of a directory, got 5'],
    ['instrument', () => instrument(pool, { tracr: false } as never), 'unknown key "tracr" (did you mean "tracer"?)'],
    ['instrument', () => instrument(pool, { meter: true } as never), 'at meter: expected false or a meter, got true'],
    ['betterOf', () => betterOf(brokers(), { side: 'askr' } as never), 'expected "ask" or "askR", got "askr"'],
    ['betterOf', () => betterOf(brokers(), { random: 5 } as never), 'at random: expected a function, got 5'],
    ['betterOf', () => betterOf(brokers(), { sides: 'ask' } as never), 'unknown key "sides" (did you mean "side"?)'],
    [
      'regulatorMeter',
      () => regulatorMeter(spawnRegulator(system), 'both' as never),
      'expected "ask" or "askR", got "both"',
    ],
  ])('%s: are refused as those of a pool are: case %#', (_, act, message) => {
    expect(act).toThrow(OptionsError)
    expect(act).toThrow(message)
  })
})
