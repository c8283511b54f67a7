import { spawnBroker, spawnRegulator } from '@genpool/broker'
import { definePool, OptionsError, reply, spawnPool } from '@genpool/core'
import { spawnState } from '@genpool/state-ane'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

const Counter = definePool({ init: () => 0, calls: { add: () => reply(1) } })
const plain = (): number => 1

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const refusal = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('the name of an actor', () => {
  it('may not be forgotten before the options of a pool', () => {
    const error = refusal(() => spawnPool(system, Counter, { size: 4 } as never)) as OptionsError
    expect(error).toBeInstanceOf(OptionsError)
    expect(error.message).toBe(
      'The name of a pool is wrong; nothing was spawned: expected a string, or undefined for a name that is made up, ' +
        'got an object { size }. Write spawnPool(parent, behaviour, "name", options).',
    )
    expect(error.issues).toEqual([{ path: ['name'], message: expect.stringMatching(/^expected a string/) as unknown }])
  })

  it.each([
    ['spawnPool(parent, behaviour, "name", options)', (name: never) => spawnPool(system, Counter, name)],
    ['spawnPool(parent, behaviour, "name", options)', (name: never) => spawnPool(system, plain, name)],
    ['spawnBroker(parent, options, "name")', (name: never) => spawnBroker(system, {}, name)],
    ['spawnRegulator(parent, options, "name")', (name: never) => spawnRegulator(system, {}, name)],
    ['spawnState(parent, initial, options, "name")', (name: never) => spawnState(system, 0, {}, name)],
  ])('%s is shown where something else is in its place: case %#', (usage, spawn) => {
    for (const name of [{ size: 4 }, 5, true, () => 1, [], Symbol('s')]) {
      const error = refusal(() => spawn(name as never)) as OptionsError
      expect(error).toBeInstanceOf(OptionsError)
      expect(error.message).toContain(`Write ${usage}.`)
    }
  })

  it('may be left out, and is then not shown as a name', () => {
    expect(() => spawnPool(system, Counter, undefined, { sise: 4 } as never)).toThrow(
      'The options of a pool without a name are wrong; nothing was changed.\n',
    )
  })

  it('stands behind the options of a broker', () => {
    expect(() => spawnBroker(system, 'queue' as never)).toThrow('at the top: expected an object')
  })
})

describe('the name of a pool that could not start', () => {
  it('is free again', () => {
    const system = start()
    const clock = { ...virtualClock(), setTimer: (): never => fail('the clock is broken') }
    const Slow = definePool({ init: () => new Promise<number>(() => undefined), calls: {} })
    expect(() => spawnPool(system, Slow, 'pool', { clock })).toThrow('the clock is broken')
    expect(() => spawnPool(system, Slow, 'pool')).not.toThrow()
    stop(system)
  })
})

function fail(message: string): never {
  throw new Error(message)
}
