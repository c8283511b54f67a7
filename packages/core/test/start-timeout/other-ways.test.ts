import { call, initThen, definePool, inspect, ready, reply, spawnPool, withWorkers } from '@genpool/core'
import { createStore } from '@genpool/state-ane'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { failure, LIMITS } from './slow'

describe('a start that takes another way', () => {
  it('is limited with initThen, and its late state is closed', async () => {
    const ended: unknown[] = []
    const open: ((value: unknown) => void)[] = []
    const Later = definePool({
      init: async () => {
        const connection = await new Promise<string>((resolve) => void open.push(resolve as never))
        return initThen({ connection }, { continue: 'warm up' })
      },
      calls: { use: (_message, state) => reply(state.connection) },
      handleContinue: () => undefined as never,
      terminate: (reason, state) => void ended.push([reason, state.connection]),
    })
    const pool = spawnPool(system, Later, 'later', { clock, size: 1, state: 'isolated', restart: LIMITS })
    await clock.advance(1100)
    open[0]!('first')
    await clock.settle()
    expect(ended).toEqual([['startTimeout', 'first']])
    stop(pool)
  })

  it("is limited for a user's worker", async () => {
    const ended: unknown[] = []
    const starts: ((started: { kind: 'ready'; reason: undefined }) => void)[] = []
    const Work = definePool({ init: () => 0, calls: { use: () => reply('done') } })
    const workers = {
      create: () => ({
        depth: 1,
        commits: false,
        state: undefined,
        start: () => new Promise((resolve) => void starts.push(resolve as never)),
        give: () => undefined,
        revoke: () => false,
        cancel: () => undefined,
        holdsAnswersOf: () => false,
        startOf: () => null,
        end: (reason: unknown) => void ended.push(reason),
      }),
    }
    const behaviour = withWorkers(Work, workers as never)
    const pool = spawnPool(system, behaviour, 'far', { clock, size: 1, restart: LIMITS })
    await clock.advance(1100)
    expect(starts).toHaveLength(2)
    starts[0]!({ kind: 'ready', reason: undefined })
    await clock.settle()
    expect(ended).toEqual(['startTimeout'])
    stop(pool)
  })

  const durable = (attempts: number) => {
    let open!: (value: unknown) => void
    const log: string[] = []
    const ready = new Promise((resolve) => (open = resolve))
    const store = Object.assign(createStore({ name: 'slow' }), { ready })
    const Work = definePool({
      init: () => {
        log.push('init')
        return 0
      },
      calls: { use: (_message, state) => reply(state) },
      terminate: (reason, _state, ctx) => void log.push(`terminate ${ctx.member.name} ${String(reason)}`),
    })
    const state = { store, validate: () => true }
    const pool = spawnPool(system, Work, 'durable', { clock, size: 1, state, restart: { ...LIMITS, attempts } })
    return { pool, log, open }
  }

  it('is limited for a store that does not open, and what init has made is released', async () => {
    const { pool, log } = durable(2)
    const started = failure(ready(pool))
    await clock.advance(2100)
    expect(await started).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('store has not answered for 1000 ms'),
    })
    expect(log).toEqual(['init', 'terminate member-0.1 shutdown'])
  })

  it('waits again for a store that opens later, and does not call init again', async () => {
    const { pool, log, open } = durable(5)
    await clock.advance(1500)
    expect(inspect(pool).starts).toMatchObject({ failures: 1 })
    open(undefined)
    await clock.settle()
    expect(await call(pool, { type: 'use' })).toBe(0)
    expect(log).toEqual(['init'])
  })

  it.each([0, 500, 1050, 1500])(
    'releases it, once, if the pool stops after %i ms, before the store opens',
    async (ms) => {
      const { pool, log, open } = durable(5)
      await clock.advance(ms)
      stop(pool)
      open(undefined)
      await clock.settle()
      expect(log).toEqual(['init', 'terminate member-0.1 shutdown'])
    },
  )
})
