import { createStore } from '@genpool/state-ane'
import { systemClock } from '@genpool/runtime'
import { type ActorSystemRef, dispatch, query, start, stop } from 'nact'
import {
  call,
  configure,
  definePool,
  getState,
  inspect,
  type PlainFunction,
  type PoolRef,
  reply,
  spawnPool,
} from '../src'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: {
    add: (message: { type: 'add'; by: number }, state) =>
      reply(state.count + message.by, (draft) => void (draft.count += message.by)),
  },
})

describe('pools of one behaviour and the same options', () => {
  let system: ActorSystemRef
  beforeEach(() => void (system = start()))
  afterEach(() => stop(system))

  const sizeOf = (pool: PoolRef): number => inspect(pool).size

  it('have a state each', async () => {
    const [one, other] = [1, 2].map(() => spawnPool(system, Counter, undefined, { size: 1 }))
    await call(one!, { type: 'add', by: 3 })
    expect([getState(one!), getState(other!)]).toEqual([{ count: 3 }, { count: 0 }])
  })

  it('are configured each for itself', () => {
    const [one, other] = [1, 2].map(() => spawnPool(system, Counter, undefined, { size: 2 }))
    configure(one!, { size: 3 })
    const third = spawnPool(system, Counter, undefined, { size: 2 })
    expect([one!, other!, third].map(sizeOf)).toEqual([3, 2, 2])
  })

  it('get what the options say when they are spawned, also if the object has changed', () => {
    const options = { size: 2, restart: { attempts: 3 } }
    const one = spawnPool(system, Counter, undefined, options)
    options.size = 4
    const other = spawnPool(system, Counter, undefined, options)
    expect([one, other].map(sizeOf)).toEqual([2, 4])
    configure(one, { timeout: 10 })
    expect(sizeOf(one)).toBe(2)
    options.restart.attempts = -1
    expect(() => spawnPool(system, Counter, undefined, options)).toThrow('restart.attempts')
  })

  it('are refused by their own name', () => {
    spawnPool(system, Counter, undefined, { size: 1 })
    const wrong = { size: 1, color: 'red' } as object
    expect(() => spawnPool(system, Counter, 'first', wrong)).toThrow('pool "first"')
    expect(() => spawnPool(system, Counter, 'second', wrong)).toThrow('pool "second"')
  })

  it('keep their states in the stores that they were given, even if these look alike', async () => {
    const [one, other] = [storeOf(), storeOf()].map((store) =>
      spawnPool(system, Counter, undefined, { size: 1, state: { store: store as never, key: 'count' } }),
    )
    await call(one!, { type: 'add', by: 1 })
    expect([getState(one!), getState(other!)]).toEqual([{ count: 1 }, { count: 0 }])
  })

  it('run on the clocks that they were given, even if these look alike', () => {
    let [first, second] = [0, 0]
    const clockOf = (now: () => number): object => ({ ...systemClock, now })
    spawnPool(system, Counter, undefined, { clock: clockOf(() => first++) as never })
    const before = first
    spawnPool(system, Counter, undefined, { clock: clockOf(() => second++) as never })
    expect(second).toBeGreaterThan(0)
    expect(first).toBe(before)
  })

  it('of a plain function have its properties each', async () => {
    const tell: PlainFunction<number, unknown> = (state, _message, ctx) => {
      dispatch(ctx.sender as never, state as never)
      return state
    }
    const states = await Promise.all(
      [1, 2, 1].map((initialState) => query(spawnPool(system, tell, undefined, { initialState }), {}, 1000)),
    )
    expect(states).toEqual([1, 2, 1])
  })

  it('are checked again when a getter says something else', () => {
    let size = 1
    const options = {
      get size() {
        return size
      },
    }
    spawnPool(system, Counter, undefined, options)
    size = -1
    expect(() => spawnPool(system, Counter, undefined, options)).toThrow('size')
  })
})

/** A store whose data is in a plain object. */
function storeOf(): object {
  return { cells: {}, cell: cellOf }
}

function cellOf(this: { cells: Record<string, unknown> }, key: string, options: object): unknown {
  return (this.cells[key] ??= createStore().cell(key, options as never))
}
