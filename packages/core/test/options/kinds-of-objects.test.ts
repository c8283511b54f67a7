import {
  call,
  configure,
  definePool,
  getOptions,
  type PoolChanges,
  type PoolOptions,
  previewChanges,
  reply,
  spawnPool,
} from '@genpool/core'
import { createContext, runInContext } from 'node:vm'
import { clock, system } from '../virtual-system'

const Work = definePool({ calls: { run: () => reply('done') } })

const OPTIONS: PoolOptions = {
  timeout: 20,
  size: 3,
  stuckAfter: 1000,
  retryOnCrash: { run: 2 },
  breaker: { failures: 9 },
  broker: { client: { type: 'codel', max: 7, target: 50 } },
  rate: { limit: 5 },
  limits: { by: 'customer', rate: { limit: 2 } },
  state: { retries: 5 },
  onDrop: () => undefined,
}

type Make = (properties: object) => object

const elsewhere = createContext({})

class Given {
  constructor(properties: object) {
    Object.assign(this, properties)
  }

  /** No option, and no field. */
  get isRead(): boolean {
    return true
  }
}

/** The same options as objects of other kinds. */
const KINDS: Readonly<Record<string, Make>> = {
  'without a prototype': (properties) => Object.assign(Object.create(null) as object, properties),
  'of another realm': (properties) => Object.assign(runInContext('({})', elsewhere) as object, properties),
  'of a class': (properties) => new Given(properties),
  'of a class with getters': (properties) => {
    class Getters extends Given {}
    for (const [name, value] of Object.entries(properties))
      Object.defineProperty(Getters.prototype, name, { get: () => value as unknown })
    return new Getters({})
  },
  'that inherits them': (properties) => Object.create(properties) as object,
}

/** Options in which each object is of another kind. What is a record, such as `retryOnCrash`, no class can be. */
function all<T extends object>(make: Make, options: T): T {
  const parts = Object.entries(options).map(([name, part]: [string, unknown]) => {
    const isOptions = typeof part === 'object' && part !== null && name !== 'retryOnCrash'
    return [name, isOptions ? all(make, part) : part]
  })
  return make(Object.fromEntries(parts) as object) as T
}

function spawned(options: PoolOptions = OPTIONS) {
  return spawnPool(system, Work, undefined, { ...options, clock, random: () => 0.5 })
}

const CHANGES: PoolChanges = { timeout: 21, breaker: { wait: 30 }, broker: { client: { max: 8 } } }

describe.each(Object.entries(KINDS))('options as an object %s', (_, make) => {
  it('change what they name, and nothing else', () => {
    const [plain, other] = [spawned(), spawned()]
    const changed = configure(plain, CHANGES)
    expect(changed.map(({ path }) => path)).toEqual(['breaker.wait', 'broker.client.max', 'timeout'])
    expect(previewChanges(other, all(make, CHANGES))).toEqual(changed)
    expect(configure(other, all(make, CHANGES))).toEqual(changed)
    expect(configure(other, { size: 4 }).map(({ path }) => path)).toEqual(['size'])
    expect({ ...getOptions(other), size: 3, random: 0 }).toEqual({ ...getOptions(plain), random: 0 })
  })

  it('change nothing when they are empty', () => {
    const pool = spawned()
    expect(configure(pool, make({}))).toEqual([])
    expect(configure(pool, { breaker: make({}), broker: { client: make({}) } })).toEqual([])
  })

  it('stay when a pool was started with them', () => {
    const pool = spawnPool(system, Work, undefined, all(make, { ...OPTIONS }))
    expect(configure(pool, { size: 4, broker: { client: { max: 8 } } }).map(({ path }) => path)).toEqual([
      'size',
      'broker.client.max',
    ])
    expect({ ...getOptions(pool), size: 3 }).toEqual({
      ...getOptions(spawnPool(system, Work, undefined, { ...OPTIONS, broker: { client: { ...client, max: 8 } } })),
    })
  })

  it('are refused like others when one is wrong', () => {
    const pool = spawned()
    expect(() => configure(pool, all(make, { timeout: 30, breaker: { wait: -1 } }))).toThrow(
      /at breaker.wait: expected/,
    )
    expect(getOptions(pool).timeout).toBe(20)
  })

  it('are options of a message', async () => {
    const pool = spawnPool(system, Work, undefined, { size: 1 })
    expect(await call(pool, { type: 'run' }, make({ timeout: 30, priority: 1 }))).toBe('done')
  })
})

const client = { type: 'codel', max: 7, target: 50 } as const

describe('a record of options', () => {
  it.each(['without a prototype', 'of another realm'])('may be an object %s', (kind) => {
    const pool = spawned()
    const retryOnCrash = (KINDS[kind] as Make)({ run: 3 })
    expect(configure(pool, { retryOnCrash })).toEqual([{ path: 'retryOnCrash.run', from: 2, to: 3 }])
    expect(configure(pool, { size: 4 }).map(({ path }) => path)).toEqual(['size'])
  })
})
