import * as broker from '@genpool/broker'
import * as core from '@genpool/core'
import * as runtime from '@genpool/runtime'
import * as state from '@genpool/state-ane'
import { type ActorSystemRef, query, start, stop } from 'nact'

type ErrorClass = new (...args: never[]) => Error

const exported = [core, broker, state, runtime].flatMap((all) =>
  Object.entries(all as object).filter(
    (entry): entry is [string, ErrorClass] => typeof entry[1] === 'function' && entry[1].prototype instanceof Error,
  ),
)

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

async function refusal(act: () => unknown): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('it was accepted')
}

describe('the error classes of all packages', () => {
  it('are one class for each name', () => {
    const names = [...new Set(exported.map(([name]) => name))]
    expect(names).toEqual(expect.arrayContaining(['InvalidError', 'DroppedError', 'ConflictError', 'OptionsError']))
    for (const name of names) {
      const classes = new Set(exported.filter(([other]) => other === name).map(([, one]) => one))
      expect([name, classes.size]).toEqual([name, 1])
    }
  })
})

describe('InvalidError', () => {
  it('is what a caller gets for each thing that is not valid, with the faults and the cause', async () => {
    const cause = new Error('no tenant')
    const by = (): never => {
      throw cause
    }
    let finish = (): void => undefined
    const done = new Promise<void>((resolve) => (finish = resolve))
    const work = async () => {
      await done
      return core.reply(1)
    }
    const Work = core.definePool({ init: () => 0, calls: { work } })
    const pool = core.spawnPool(system, Work, 'shop', { size: 1, broker: { client: { type: 'fair', by } } })
    const first = core.call(pool, { type: 'work' })
    const error = await refusal(() => core.call(pool, { type: 'work' }))
    finish()
    expect(await first).toBe(1)
    expect(error).toBeInstanceOf(core.InvalidError)
    expect(error).toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      what: 'message "work" to pool "shop"',
      path: ['by'],
      cause,
    })
    expect((error as Error).message).toBe(
      'A message "work" to pool "shop" was refused; nothing was changed.\n' +
        '  at by: the function "by" of a fair queue threw: no tenant',
    )
  })

  it.each<[string, () => unknown, string]>([
    [
      'a message to a broker',
      () => query(broker.spawnBroker(system), { type: 'lenght' } as never, 100),
      'A message to a broker was refused; nothing was changed.\n  at type: expected "ask"',
    ],
    [
      'a valve that is closed',
      () => broker.openValve({ max: 0 }, 0).ask({}, 0),
      'A start of a task was refused; nothing was changed.\n  at the whole value: the valve is closed',
    ],
    [
      'a clock that runs backwards',
      () => {
        const engine = broker.createBroker({}, 0)
        engine.timeout(5)
        engine.timeout(4)
      },
      'the clock runs backwards: this call is at 4 ns, and the one before was at 5 ns',
    ],
    [
      'a key that cannot be compared',
      () => broker.fairIdentity([Symbol('a')]),
      'A request was refused; nothing was changed.\n  at key: ',
    ],
    ['a slot', () => state.createStore({ size: 2 }).get(3), 'A use of a cell was refused'],
  ])('tells of %s in the same form', async (_, act, message) => {
    const error = await refusal(act)
    expect(error).toBeInstanceOf(core.InvalidError)
    expect((error as Error).message).toContain(message)
    expect((error as core.InvalidError).faults).toHaveLength(1)
  })
})
