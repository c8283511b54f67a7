import {
  call,
  cast,
  configure,
  previewChanges,
  definePool,
  drain,
  explain,
  getMembers,
  getOptions,
  idle,
  inspect,
  isGenPoolError,
  load,
  map,
  type PoolRef,
  ready,
  reply,
  resize,
  spawnPool,
  when,
} from '@genpool/core'
import { explanationOf, type PoolElsewhere, putElsewhere } from '@genpool/core/elsewhere'
import { instrument } from '@genpool/core/opentelemetry'
import { start, stop } from 'nact'

const echo: PoolElsewhere = {
  name: 'far',
  mostAtOnce: 2,
  intake: {
    call: (message) => Promise.resolve({ message, options: undefined }),
    cast: () => ({ ok: true }),
  },
  call: (message, options) => Promise.resolve({ message, options }),
  ready: () => Promise.resolve(),
  inspect: () => ({ nodes: 3 }),
  explain: () =>
    explanationOf('far', [{ finding: 'calm', says: 'All is well', figures: {}, advice: '', option: null }]),
  figures: () => [
    { name: 'far.calls', kind: 'counter', description: 'Calls.', values: [[3, { outcome: 'answered' }]] },
    { name: 'far.answer', kind: 'gauge', description: 'Times.', unit: 's', values: [] },
  ],
  preview: () => [{ path: 'maxInFlight', from: 1, to: 2 }],
  configure: () => [{ path: 'maxInFlight', from: 1, to: 2 }],
  getOptions: () => ({ maxInFlight: 1 }),
  drain: (withinMs) => Promise.resolve(void did.push(['drain', withinMs])),
  idle: (signal) => Promise.resolve(void did.push(['idle', signal])),
  when: (condition, signal) => Promise.resolve(void did.push(['when', condition, signal])),
}
const did: unknown[] = []

const farRef = (): PoolRef => {
  const ref = { type: 'actor', name: 'far' }
  putElsewhere(ref, echo)
  return ref as never
}

describe('a pool that runs elsewhere', () => {
  it('is measured with the figures of its address, once at a time', () => {
    const far = farRef()
    const made: unknown[] = []
    const callbacks = new Set<(result: unknown) => void>()
    const make =
      (kind: string) =>
      (name: string, options: object): unknown => {
        made.push([kind, name, options])
        return name
      }
    const meter = {
      createCounter: make('sync'),
      createObservableCounter: make('counter'),
      createObservableGauge: make('gauge'),
      addBatchObservableCallback: (callback: (result: unknown) => void) => callbacks.add(callback),
      removeBatchObservableCallback: (callback: (result: unknown) => void) => callbacks.delete(callback),
    }
    const observed: unknown[] = []
    const end = instrument(far, { meter: meter as never, attributes: { zone: 'a' } })
    expect(() => instrument(far)).toThrow('Pool "far": it is already instrumented')
    for (const callback of callbacks) callback({ observe: (...values: unknown[]) => observed.push(values) })
    expect(made).toEqual([
      ['counter', 'far.calls', { description: 'Calls.' }],
      ['gauge', 'far.answer', { description: 'Times.', unit: 's' }],
    ])
    expect(observed).toEqual([['far.calls', 3, { zone: 'a', 'genpool.pool': 'far', outcome: 'answered' }]])
    end()
    end()
    expect(callbacks.size).toBe(0)
    instrument(far, { meter: false })()
  })

  it('is called, cast to, mapped over, looked at and configured through its address', async () => {
    const far = farRef()
    expect(await call(far as never, 1 as never)).toEqual({ message: 1, options: undefined })
    expect(await call(far as never, 1 as never, { timeout: 5 })).toEqual({ message: 1, options: { timeout: 5 } })
    expect(cast(far as never, 1 as never)).toEqual({ ok: true })
    expect(await map(far as never, [1, 2] as never).toArray()).toHaveLength(2)
    expect(inspect(far)).toEqual({ nodes: 3 })
    expect(explain(far)).toMatchObject({ pool: 'far', calm: true })
    expect(previewChanges(far, {})).toEqual([{ path: 'maxInFlight', from: 1, to: 2 }])
    expect(configure(far, {})).toEqual([{ path: 'maxInFlight', from: 1, to: 2 }])
    await ready(far)
    expect(getOptions(far)).toEqual({ maxInFlight: 1 })
    const { signal } = new AbortController()
    await drain(far, { within: 5 })
    await idle(far, { signal })
    await when(far, { runningBelow: 3 }, { signal })
    expect(did).toEqual([
      ['drain', 5],
      ['idle', signal],
      ['when', { waitingBelow: Infinity, runningBelow: 3 }, signal],
    ])
    expect(() => drain(far, { within: -1 })).toThrow('options of drain')
    await expect(when(far, {} as never)).rejects.toThrow('say what to wait for')
  })

  it('is refused by what works on a pool of this process alone', () => {
    expect(() => getMembers(farRef())).toThrow('getMembers does not work here: pool "far" runs elsewhere')
    expect(() => resize(farRef(), 2)).toThrow('runs elsewhere')
    try {
      resize(farRef(), 2)
    } catch (error) {
      expect(isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')).toBe(true)
    }
  })
})

describe('load', () => {
  it('says how much work a pool has, and an idempotent call is one like any other', async () => {
    const system = start()
    const Adder = definePool({
      init: () => 0,
      calls: { add: ({ value }: { value: number }, sum) => reply(sum + value, sum + value) },
    })
    const pool = spawnPool(system, Adder, 'adder', { size: 3 })
    expect(await call(pool, { type: 'add', value: 2 }, { idempotent: true })).toBe(2)
    expect(load(pool)).toMatchObject({ phase: 'running', size: 3, idle: 3, busy: 0, waiting: 0, accepted: 1 })
    stop(system)
  })
})
