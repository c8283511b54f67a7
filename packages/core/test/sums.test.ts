import { broadcast, call, cast, definePool, getMembers, inspect, noReply, reply, spawnPool } from '@genpool/core'
import { dispatch, query, start, stop } from 'nact'
import { z } from 'zod'

/* eslint-disable @typescript-eslint/no-explicit-any -- messages that nobody knows */

const Work = definePool({
  init: () => ({ n: 0 }),
  calls: {
    ok: () => reply('done'),
    even: { schema: z.object({ type: z.literal('even'), n: z.number() }), handle: (_: { n: number }) => reply('even') },
    fail: () => {
      throw new Error('no')
    },
    go: () => reply('gone', undefined as any, { continue: 1 } as any),
  } as any,
  casts: { put: () => noReply() },
})

describe('what inspect counts', () => {
  it('adds up: what arrived has an outcome, waits or runs, however it came and whatever was wrong with it', async () => {
    const system = start()
    const pool: any = spawnPool(system, Work, 'work', { size: 2 })
    const wrong: any = { type: 'nobody knows it' }
    const ended = (sent: Promise<unknown>): Promise<unknown> => sent.catch(() => undefined)
    const [member] = getMembers(pool)
    const before = inspect(pool).accepted
    await Promise.all([
      ended(call(pool, { type: 'ok' } as any)),
      ended(call(pool, { type: 'fail' } as any)),
      ended(call(pool, { type: 'even', n: 'x' } as any)),
      ended(call(pool, wrong)),
      ended(call(pool, wrong, { timeout: 50 })),
      ended(call(pool, wrong, { share: 'a' } as any)),
      ended(call(pool, { type: 'ok' } as any, { timeout: -1 })),
      ended(call(pool, { type: 'ok' } as any, { priority: 'x' } as any)),
      ended(query(pool, () => wrong, 50)),
      ended(query(member!.ref as any, () => wrong, 50)),
    ])
    cast(pool, { type: 'put' } as any)
    cast(pool, wrong)
    cast(pool, wrong, { latest: 'a' } as any)
    dispatch(pool, wrong)
    broadcast(pool, wrong)
    await ended(call(pool, { type: 'go' } as any))
    await ended(call(pool, { type: 'ok' } as any))
    await new Promise((resolve) => setImmediate(resolve))
    const { accepted, outcomes, waiting, members, late } = inspect(pool)
    const sum = Object.values(outcomes).reduce((all, each) => all + each, 0)
    expect(before).toBe(0)
    expect(outcomes.invalid).toBeGreaterThan(8)
    expect({ accepted }).toEqual({ accepted: sum + waiting + members.busy + late })
    stop(system)
  })
})
