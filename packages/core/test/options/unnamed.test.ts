import {
  configure,
  definePool,
  getOptions,
  type PoolChanges,
  type PoolOptions,
  poolOptions,
  previewChanges,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { clock, system } from '../virtual-system'

const Work = definePool({ calls: { work: () => reply(1) } })

/** Each option that can change, with a value that is not its default. */
const GIVEN = {
  size: { min: 1, max: 4 },
  concurrency: 1,
  rate: { limit: 5, burst: 2 },
  limits: { by: 'tenant', concurrency: 1 },
  paused: true,
  breaker: { failures: 7 },
  throttle: { factor: 3 },
  state: { type: 'shared', commit: 'exclusive', retries: 7 },
  broker: { client: { type: 'codel', target: 7, max: 3 }, admission: 'pie' },
  timeout: 60_000,
  restart: { intensity: 2, within: 999 },
  retryOnCrash: { work: 2 },
  poisonAfter: 9,
  terminateTimeout: 99,
  stuckAfter: 1000,
  recycle: { afterMessages: 9 },
  alarm: { target: 50 },
  callerContext: false,
  onDrop: () => undefined,
  onCallbackError: () => undefined,
  random: () => 0.5,
} as const satisfies PoolOptions

const spawned = (options: PoolOptions = {}) =>
  spawnPool(system, Work, undefined, { ...GIVEN, ...options, clock } as PoolOptions)

/** The same options, with `undefined` for each that is no object. */
function unnamed(options: object): object {
  const entries = Object.entries(options).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'object' && value !== null ? unnamed(value) : undefined,
  ])
  return Object.fromEntries(entries) as object
}

describe('an option that a change has as undefined', () => {
  it('is each of them here', () => {
    expect(Object.keys({ ...GIVEN, clock }).sort()).toEqual(Object.keys(poolOptions.shape).sort())
  })

  it.each([...Object.keys(GIVEN), 'clock'])('stays as it is: %s', (name) => {
    const pool = spawned()
    const before = getOptions(pool)
    expect(previewChanges(pool, { [name]: undefined })).toEqual([])
    expect(configure(pool, { [name]: undefined })).toEqual([])
    expect(getOptions(pool)).toEqual(before)
  })

  it('stays as it is within other options, and beside one that changes', () => {
    const pool = spawned()
    const before = getOptions(pool)
    expect(configure(pool, unnamed(GIVEN) as PoolChanges)).toEqual([])
    expect(getOptions(pool)).toEqual(before)
    expect(configure(pool, { ...unnamed(GIVEN), timeout: 5 } as PoolChanges)).toEqual([
      { path: 'timeout', from: 60_000, to: 5 },
    ])
    expect(configure(pool, { rate: { limit: 6, burst: undefined } } as PoolChanges)).toEqual([
      { path: 'rate.limit', from: 5, to: 6 },
    ])
  })

  it('stays as it is in an instance of a class', () => {
    class Changes {
      timeout: number | undefined
      poisonAfter = 3
    }
    expect(configure(spawned(), new Changes())).toEqual([{ path: 'poisonAfter', from: 9, to: 3 }])
  })

  it('stays as it is after it was changed', () => {
    const pool = spawned()
    configure(pool, { timeout: 5, broker: { client: { max: 8 } } })
    expect(configure(pool, { timeout: undefined, broker: { client: { max: undefined } } } as PoolChanges)).toEqual([])
    expect(getOptions(pool)).toMatchObject({ timeout: 5, broker: { client: { max: 8 } } })
  })

  it('has its default if it was never given', () => {
    const pool = spawnPool(system, Work, undefined, { clock })
    const { state, broker, restart, timeout, stuckAfter, onDrop } = GIVEN
    const { admission } = broker
    const changes = unnamed({ state, broker: { admission }, restart, timeout, stuckAfter, onDrop })
    expect(configure(pool, changes as PoolChanges)).toEqual([])
  })

  it('is refused if there is no such option', () => {
    expect(() => configure(spawned(), { tmeout: undefined } as never)).toThrow('unknown key "tmeout"')
    expect(() => configure(spawned(), { broker: { client: { mx: undefined } } } as never)).toThrow('unknown key "mx"')
  })

  it('is refused as all of the changes, and as the size of resize', () => {
    expect(() => configure(spawned(), undefined as never)).toThrow('changes to pool')
    expect(() => resize(spawned(), undefined as never)).toThrow('size')
  })
})
