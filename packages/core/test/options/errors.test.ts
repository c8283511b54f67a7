import * as broker from '@genpool/broker'
import { isGenPoolError, type OptionsError, parseOptions, showValue } from '@genpool/runtime'
import * as state from '@genpool/state-ane'
import { query, start, stop } from 'nact'
import { z } from 'zod'
import * as core from '../../src'
import { probesOf } from './probes'

const schemas = [core, broker, state].flatMap((exported) =>
  Object.entries(exported).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType),
)

const refuse = (): never => {
  throw new Error('no')
}

/** Values that few options take, and near misses of those that many do. */
const HOSTILE: readonly unknown[] = [
  null,
  -1,
  1.5,
  NaN,
  Infinity,
  1e300,
  '',
  '5',
  'codl',
  true,
  5n,
  Symbol('s'),
  () => 1,
  [],
  [1],
  {},
  { sise: 1 },
  { type: 'codl' },
  { type: null },
  Object.assign(Object.create(null) as object, { a: 1 }),
  new Date(0),
  new Map(),
  Promise.resolve(),
  new Proxy({}, { get: refuse, ownKeys: refuse }),
]

function refusal(act: () => unknown): OptionsError | undefined {
  try {
    act()
  } catch (error) {
    if (isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) return error as OptionsError
    throw error
  }
  return undefined
}

/** What no message may say, and what each has to say. */
const POOR = /Invalid|expected options, or|another value|\[object|Too (big|small)|received/
const GOOD =
  /^expected .+, got .+$|^it is missing: expected|^unknown key ".+\. Accepted keys: |must not be greater|^reading it threw: no/

/** What is wrong with how a value at a place is refused: its message, or that another place is told. */
function faultsOfRefusal(error: OptionsError, path: readonly PropertyKey[]): unknown[] {
  return error.issues.filter(({ path: at, message }) => {
    // A rule of two options may name the other one.
    const here = path.every((key, i) => at[i] === key || i === path.length - 1)
    return POOR.test(message) || !GOOD.test(message) || (!here && !message.startsWith('it is missing'))
  })
}

describe('the options of all packages', () => {
  it('are found by this test', () => {
    expect(schemas.map(([name]) => name)).toEqual(
      expect.arrayContaining(['poolOptions', 'brokerOptions', 'regulatorActorOptions', 'storeOptions']),
    )
  })

  it.each(schemas)('%s: a wrong value is told with its place, what was expected and what was given', (_, schema) => {
    let refused = 0
    for (const { path, put } of probesOf(schema)) {
      for (const value of HOSTILE) {
        const error = refusal(() => parseOptions(schema, put(value), 'options'))
        if (error === undefined) continue
        refused++
        const faults = faultsOfRefusal(error, path)
        if (error.issues.length === 0 || faults.length > 0)
          expect([path, showValue(value), faults]).toEqual('told well')
      }
    }
    expect(refused).toBeGreaterThan(HOSTILE.length)
  })
})

describe('options and messages whose schemas are not exported', () => {
  const system = start()
  afterAll(() => {
    stop(system)
  })
  const asked = broker.spawnBroker(system)
  const store = state.createStore()
  const calls: readonly [string, readonly string[], (options: never) => unknown][] = [
    ['definePool', ['init', 'calls', 'casts', 'terminate'], (o) => core.definePool(o)],
    ['definePool with handleCall', ['handleCall', 'handleCast', 'handleInfo'], (o) => core.definePool(o)],
    ['a call of definePool', ['schema', 'batch', 'handle'], (o) => core.definePool({ calls: { add: o } })],
    ['spawnState', ['recipes', 'store', 'key', 'validate', 'history'], (o) => state.spawnState(system, 0, o)],
    ['store.cell', ['validate', 'history'], (o) => store.cell('a', o)],
    ['ask', ['timeout', 'signal', 'priority', 'as'], (o) => broker.dynamicAsk(asked, 1, o)],
    ['changeConfig', ['client', 'member', 'admission', 'budget', 'meters'], (o) => broker.changeConfig(asked, o)],
  ]

  it.each(calls)('%s says what is wrong where', (_, keys, act) => {
    // A function may be a validator or a queue, and is called then.
    for (const value of HOSTILE.filter((one) => typeof one !== 'function')) {
      const tries: readonly (readonly [readonly PropertyKey[], unknown])[] = [
        [[], value],
        ...keys.map((key) => [[key], { [key]: value }] as const),
      ]
      for (const [path, options] of tries) {
        const error = refusal(() => act(options as never))
        const faults = error === undefined ? [] : faultsOfRefusal(error, path as readonly PropertyKey[])
        if (faults.length > 0) expect([path, showValue(value), faults]).toEqual('told well')
      }
    }
  })

  it('say it in the answer to a message', async () => {
    const held = state.spawnState(system, 0)
    const ask = (message: object): Promise<unknown> => query(held, message as never, 1000)
    await expect(ask({ type: 'reed' })).rejects.toThrow('at type: expected "read", "update", "patch", "compareAndSet"')
    await expect(ask({ type: 'reed' })).rejects.toThrow('got "reed" (did you mean "read"?)')
    await expect(ask({ type: 'patch', base: '1', patches: [] })).rejects.toThrow(
      'at base: expected a whole number >= 0, got "1" (did you mean 1, without quotes?)',
    )
    await expect(query(asked, { type: 'lenght' } as never, 1000)).rejects.toThrow('(did you mean "length"?)')
  })
})
