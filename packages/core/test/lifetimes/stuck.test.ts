import { call, cast, configure, drain, getState, inspect, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { failure, written, count } from './written'

describe('stuckAfter', () => {
  it('replaces a stuck member, tells its caller, and ignores its late result', async () => {
    const { pool, log, open, contexts } = written({ state: 'shared', stuckAfter: 1000 })
    const stuck = failure(call(pool, { type: 'hang' }, { timeout: Infinity }))
    const next = call(pool, { type: 'who' })
    await clock.advance(990)
    expect(contexts[0]!.signal.aborted).toBe(false)
    await clock.advance(20)
    expect(await stuck).toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      member: 'member-1.1',
      cause: { message: expect.stringContaining('1000 ms') },
    })
    expect(contexts[0]!.signal.aborted).toBe(true)
    expect(await next).toBe('member-1.2')
    open()
    await clock.settle()
    expect(getState(pool)).toEqual({ done: 0 })
    expect(contexts[0]!.from.reply('too late')).toBe(false)
    expect(count(log, 'terminate member-1.1 stuck')).toBe(1)
    expect(inspect(pool)).toMatchObject({ restarts: 1, members: { idle: 1, busy: 0 } })
  })

  it('says after how long it gave up: the time that is in force', async () => {
    const { pool } = written({ stuckAfter: 1000 })
    const stuck = failure(call(pool, { type: 'hang' }, { timeout: Infinity }))
    await clock.advance(500)
    configure(pool, { stuckAfter: 300 })
    await clock.advance(310)
    expect(await stuck).toMatchObject({ cause: { message: expect.stringContaining('after 300 ms') } })
  })

  it('lets a drained pool end although a handler never ends', async () => {
    const { pool } = written({ stuckAfter: 1000 })
    const stuck = failure(call(pool, { type: 'hang' }, { timeout: Infinity }))
    let drained = false
    void drain(pool).then(() => (drained = true))
    await clock.advance(100)
    stop(pool)
    await clock.advance(10)
    expect(await stuck).toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    expect(drained).toBe(false)
    await clock.advance(1000)
    expect([drained, clock.timers]).toEqual([true, 0])
  })

  it('fences a plain function off all of its effects', async () => {
    const effects: unknown[] = []
    let open!: () => void
    const pool = spawnPool(
      system,
      async (state: number, _message: string, ctx) => {
        ctx.afterCommit((committed) => effects.push(committed))
        await new Promise<void>((resolve) => (open = resolve))
        return state + 1
      },
      'pool',
      { initialState: 0, clock, stuckAfter: 100 },
    )
    cast(pool, 'go')
    await clock.advance(200)
    open()
    await clock.settle()
    expect([effects, getState(pool)]).toEqual([[], [0]])
  })
})
