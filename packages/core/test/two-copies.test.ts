import * as core from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'

let system: ActorSystemRef
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

/** The same package, loaded once more, as if another package had brought its own. */
const { copy, theirNact } = (() => {
  let loaded!: { copy: typeof core; theirNact: { start: typeof start; stop: typeof stop } }
  jest.isolateModules(() => {
    loaded = { copy: jest.requireActual('@genpool/core'), theirNact: jest.requireActual('nact') }
  })
  return loaded
})()

const SAYS = /another copy of @genpool\/core has made it\. Two copies are loaded.*"npm ls @genpool\/core"/
const thrownBy = (work: () => unknown): Error => {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('what another copy of the package has made', () => {
  const Theirs = copy.definePool({ init: () => 0, calls: { get: () => copy.reply(1) } })

  it('is named where a behaviour is wanted, with what to do', () => {
    const wrong = [
      () => core.spawnPool(system, Theirs as never, 'pool'),
      () => core.spawnPool(system, copy.defineTask(() => 1) as never, 'pool'),
      () => core.definePool(Theirs as never),
      () => core.withWorkers(Theirs as never, { create: () => ({}) } as never),
    ]
    for (const work of wrong) {
      expect(thrownBy(work)).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
      expect(thrownBy(work).message).toMatch(SAYS)
    }
  })

  it.each([
    ['reply', () => copy.reply(1)],
    ['noReply', () => copy.noReply()],
    ['halt', () => copy.halt('normal')],
  ])('is named where a step is wanted: %s', async (_name, step) => {
    const Ours = core.definePool({ init: () => 0, calls: { now: step as never, later: (async () => step()) as never } })
    const pool = core.spawnPool(system, Ours)
    const task = core.spawnPool(system, core.defineTask(step as () => unknown))
    const asked = [
      core.call(pool, { type: 'now' } as never),
      core.call(pool, { type: 'later' } as never),
      core.call(task, undefined),
    ]
    const outcomes = asked.map((answer) => (answer as Promise<unknown>).catch((refusal: unknown) => refusal))
    for (const error of await Promise.all(outcomes)) {
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      expect((error as Error).message).toMatch(SAYS)
    }
  })

  it.each([
    ['an answer', () => core.reply(copy.reply(1))],
    ['one of many answers', () => core.reply([copy.reply(1)])],
    ['an answer that a function makes', () => core.reply(() => copy.reply(1))],
    ['a later answer', (ctx: core.Context) => (ctx.from.reply(copy.noReply()), core.noReply())],
    ['a next state', () => core.reply(1, copy.noReply())],
    ['a next state without an answer', () => core.noReply(copy.reply(1))],
    ['a last answer', () => core.halt('normal', { reply: copy.reply(1) })],
  ])('is named where a step is in the place of %s, and nothing is committed', async (_name, run) => {
    const handle = (_message: unknown, _state: unknown, ctx: core.Context) => run(ctx) as never
    const Ours = core.definePool({
      init: () => 0,
      calls: {
        now: handle,
        later: async (message: unknown, state: unknown, ctx: core.Context) => handle(message, state, ctx),
        many: { batch: 2, handle: handle as never },
      },
    })
    for (const state of ['isolated', 'shared'] as const) {
      const pool = core.spawnPool(system, Ours, undefined, { state, size: 1 })
      for (const type of _name.startsWith('one of') ? ['many'] : ['now', 'later']) {
        const error = await core.call(pool, { type } as never).catch((refusal: unknown) => refusal)
        const { message, cause } = error as { message: string; cause: unknown }
        expect(`${message} ${String(cause)}`).toMatch(SAYS)
        expect([core.getState(pool as never)].flat()).toEqual([0])
      }
    }
  })

  it('is named where a plain nact function returns a step', async () => {
    const pool = core.spawnPool(system, ((_state: unknown, _message: unknown, _ctx: unknown) => copy.reply(1)) as never)
    await expect(core.call(pool as never, 'x' as never)).rejects.toThrow(SAYS)
  })

  it('may be an answer if it is no step: a behaviour, for example', async () => {
    const pool = core.spawnPool(system, core.definePool({ calls: { get: () => core.reply(Theirs) } }))
    expect(await core.call(pool, { type: 'get' })).toBe(Theirs)
  })

  it.each([
    ['at once', () => copy.ignore() as never],
    ['later', async () => copy.initThen(1, { continue: 'x' }) as never],
  ])('is no state where init returns it %s', async (_name, init) => {
    for (const state of ['shared', 'isolated'] as const) {
      const restart = { attempts: 1 }
      const pool = core.spawnPool(system, core.definePool({ init, calls: {} }), undefined, { state, restart })
      const error = await core.ready(pool).catch((refusal: Error) => refusal)
      expect((error as Error).cause).toMatchObject({ message: expect.stringMatching(SAYS) as string })
    }
  })

  it('is not blamed for what this copy has made, and what is in the wrong place', async () => {
    const pool = core.spawnPool(system, core.definePool({ calls: { get: (() => core.ignore()) as never } }))
    await expect(core.call(pool, { type: 'get' } as never)).rejects.toThrow('an object that is not a step')
  })

  it('works where no class matters: a pool of the other copy is called, and its errors are known', async () => {
    const theirSystem = theirNact.start()
    const pool = copy.spawnPool(theirSystem, Theirs)
    expect(await core.call(pool as never, { type: 'get' } as never)).toBe(1)
    const error = await core.call(pool as never, { type: 'none' } as never).catch((refusal: unknown) => refusal)
    expect(core.isGenPoolError(error, 'ERR_GENPOOL_INVALID')).toBe(true)
    theirNact.stop(theirSystem)
  })
})
