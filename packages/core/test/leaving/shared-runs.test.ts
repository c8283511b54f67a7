import { call, definePool, getState, inspect, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { clock, system } from '../virtual-system'

const Shop = definePool({
  init: (): { paid: number } => ({ paid: 0 }),
  calls: {
    pay: async (_message, _state, ctx) => {
      const { signal } = ctx
      await clock.wait(100)
      if (signal.aborted) throw signal.reason
      return reply('paid', (draft) => void (draft.paid += 1))
    },
  },
})
const open = async (options: PoolOptions = {}) => {
  const pool = spawnPool(system, Shop, 'shop', { size: 1, clock, broker: { budget: false }, ...options } as PoolOptions)
  await clock.settle()
  const pay = (more: object) =>
    call(pool, { type: 'pay' }, { share: 'order-7', ...more }).catch((error: unknown) => error)
  return { pool, pay, paid: () => (getState(pool) as { paid: number }).paid }
}
const may = { started: true, mayBeCommitted: true }

describe('a call that leaves a run which it shares', () => {
  it('is told that the run goes on for the others, and may be committed', async () => {
    const { pay, paid } = await open()
    const controller = new AbortController()
    const all = [{ timeout: 50 }, {}, { signal: controller.signal }].map(pay)
    await clock.advance(40)
    controller.abort()
    await clock.advance(100)
    const [expired, answer, cancelled] = await Promise.all(all)
    expect(expired).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', ...may })
    expect(cancelled).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', ...may })
    for (const { message } of [expired, cancelled] as Error[]) {
      expect(message).toContain('others wait for the same run, and it goes on for them')
    }
    expect([answer, paid()]).toEqual(['paid', 1])
  })

  it('is told the same while the run waits: it may still begin, for the others', async () => {
    const { pool, pay, paid } = await open()
    const before = call(pool, { type: 'pay' })
    const all = [{ timeout: 50 }, {}].map(pay)
    await clock.advance(300)
    await before
    expect(await Promise.all(all)).toMatchObject([{ code: 'ERR_GENPOOL_EXPIRED', ...may }, 'paid'])
    expect(paid()).toBe(2)
  })

  it('takes the run with it if it is the last: nothing is committed', async () => {
    const { pool, pay, paid } = await open()
    const all = [{ timeout: 50 }, { timeout: 60 }].map(pay)
    await clock.advance(300)
    expect(await Promise.all(all)).toMatchObject([may, { started: true, mayBeCommitted: false }])
    const before = call(pool, { type: 'pay' })
    const alone = pay({ timeout: 50 })
    await clock.advance(300)
    await before
    expect(await alone).toMatchObject({ started: false, mayBeCommitted: false })
    expect(paid()).toBe(1)
    expect(inspect(pool)).toMatchObject({ outcomes: { crashed: 0 }, restarts: 0 })
  })
})
