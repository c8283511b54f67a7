import { spawnBroker } from '@genpool/broker'
import {
  call,
  configure,
  defineTask,
  definePool,
  inspect,
  noReply,
  type PoolOptions,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const Shop = definePool({
  init: () => 0,
  calls: { fetch: () => reply(1), work: (_message: { type: 'work'; user?: unknown; cost?: unknown }) => reply(1) },
  casts: { note: () => noReply() },
  handleInfo: () => noReply(),
})
const OfAnyShape = definePool({ handleCall: (message: number) => reply(message) })
const Task = defineTask((message: number) => message)
const plain = (state: unknown): unknown => state

const spawned = (options: object, behaviour: unknown = Shop): PoolRef =>
  spawnPool(system, behaviour as never, 'shop', options as PoolOptions)

describe('retryOnCrash', () => {
  it.each([
    ['banana', Shop, '"fetch", "work", "note" or "handleInfo"'],
    ['nope', OfAnyShape, '"handleCall"'],
    ['work', Task, '"task"'],
    ['work', plain, '"message"'],
    ['toString', Shop, '"fetch", "work", "note" or "handleInfo"'],
  ])('refuses "%s", a type of which there are no messages', (type, behaviour, there) => {
    const message = `the behaviour has no handler "${type}", so it has no effect. Expected ${there}`
    expect(() => spawned({ retryOnCrash: { [type]: 1 } }, behaviour)).toThrow(
      `The options of pool "shop" are wrong; nothing was changed.\n  at retryOnCrash.${type}: ${message}`,
    )
    const pool = spawned({}, behaviour)
    expect(() => configure(pool, { retryOnCrash: { [type]: 0 } })).toThrow(
      `The changes to pool "shop" are wrong; nothing was changed.\n  at retryOnCrash.${type}: ${message}`,
    )
  })

  it('says which type was meant', () => {
    expect(() => spawned({ retryOnCrash: { fetsh: 1, work: 2 } })).toThrow(
      'at retryOnCrash.fetsh: the behaviour has no handler "fetsh", so it has no effect (did you mean "fetch"?). Expected',
    )
  })

  it.each([
    [{ fetch: 1, note: 2, handleInfo: 3 }, Shop],
    [{ handleCall: 1 }, OfAnyShape],
    [{ task: 1 }, Task],
    [{ message: 1 }, plain],
  ])('takes the types that there are: %j', (retryOnCrash, behaviour) => {
    expect(configure(spawned({ retryOnCrash }, behaviour), { retryOnCrash })).toEqual([])
  })
})

describe('options that exclude each other are told with the name of the pool:', () => {
  const limits = { by: 'user', weight: { a: 2 } }
  it.each<[string, object, string]>([
    ['concurrency', { concurrency: 2, size: { max: 2, valve: 'gradient' } }, 'the gradient valve of "size"'],
    ['recycle.afterHeapMb', { recycle: { afterHeapMb: 10 } }, 'the members of this pool share one thread'],
    ['limits.weight', { limits, broker: { client: { type: 'fair' } } }, 'the fair queue has another key'],
  ])('%s', (option, options, message) => {
    const told = `are wrong; nothing was changed.\n  at ${option}: ${message}`
    expect(() => spawned(options)).toThrow(`The options of pool "shop" ${told}`)
    expect(() => configure(spawned({}), options)).toThrow(`The changes to pool "shop" ${told}`)
  })

  it.each(['store', 'key'])('state.%s, which a state of one member has no use for', (option) => {
    const state = { type: 'isolated', [option]: option === 'store' ? createStore() : 'mine' }
    expect(() => spawned({ state })).toThrow(
      `The options of pool "shop" are wrong; nothing was changed.\n  at state.${option}: each member has a state of its own`,
    )
  })

  it('of two faults, both', () => {
    const options = { retryOnCrash: { nope: 1 }, recycle: { afterHeapMb: 10 } }
    expect(() => spawned(options)).toThrow(/at recycle.afterHeapMb: .*\n {2}at retryOnCrash.nope: /)
  })
})

describe('a message that a limit cannot count', () => {
  const failing = (): never => {
    throw new Error('no such user')
  }
  it.each<[string, object, object, string]>([
    ['a key', { limits: { by: failing } }, {}, 'at by: the function "by" threw: no such user'],
    [
      'a key of a queue',
      { broker: { client: { type: 'fair', by: failing } }, paused: true },
      {},
      'at by: the function',
    ],
    ['a key', { limits: { by: 'user' } }, { user: [Symbol('a')] }, 'at key: the key of a limit'],
    [
      'a key',
      { limits: { by: 'user' } },
      { user: Promise.resolve() },
      'at by: expected a value as the key of a message',
    ],
    ['a cost', { rate: { limit: 2, cost: 'cost' } }, { cost: 'x' }, 'at cost: expected a whole number'],
    ['a cost', { rate: { limit: 2, cost: 'cost' } }, { cost: 3 }, 'at cost: it costs 3'],
    ['a cost', { rate: { limit: 2, cost: failing } }, {}, 'at cost: the function "cost" threw: no such user'],
  ])('is told with its type and its pool: %s', async (_, options, message, told) => {
    const pool = spawned(options) as PoolRef<never>
    await expect(call(pool, { type: 'work', ...message } as never)).rejects.toThrow(
      `A message "work" to pool "shop" was refused; nothing was changed.\n  ${told}`,
    )
    expect(inspect(pool).outcomes.invalid).toBe(1)
  })

  it('is told so too where pools share a broker', async () => {
    const pool = spawned({ broker: spawnBroker(system, { limits: { by: failing } }) }) as PoolRef<never>
    await expect(call(pool, { type: 'work' } as never)).rejects.toThrow(
      'A message "work" to pool "shop" was refused; nothing was changed.\n  at by: the function "by" threw',
    )
  })
})
