import { call, definePool, getMembers, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { dispatch, spawn, failure, written } from './written'

describe("a member's own address", () => {
  it('reaches only that member, in handleInfo, and nothing after it has ended', async () => {
    const { pool, log } = written({ size: 3 })
    const [, second] = getMembers(pool)
    dispatch(second!.ref, 'hello')
    await clock.settle()
    expect(log.at(-1)).toBe('info hello member-2.1')
    stop(second!.ref as never)
    dispatch(second!.ref, 'still there?')
    await clock.settle()
    expect(log.filter((line) => line.startsWith('info'))).toHaveLength(1)
    expect(getMembers(pool).map(({ name }) => name)).toEqual(['member-1.1', 'member-2.2', 'member-3.1'])
  })

  it('has children that stop with the member, and are not children of the pool', async () => {
    const Parent = definePool({
      init: () => 0,
      calls: {
        spawn: (_message, _state, ctx) => {
          spawn(ctx.member.ref, (state: unknown) => state, 'child')
          return reply([...ctx.children.keys()])
        },
        crash: () => {
          throw new Error('boom')
        },
      },
    })
    const pool = spawnPool(system, Parent, 'pool', { size: 1, clock })
    expect(await call(pool, { type: 'spawn' })).toEqual([])
    const { findActor } = await import('@genpool/runtime')
    const own = getMembers(pool)[0]!.ref as never
    const child = findActor(own)!.children.get('child')!
    expect(child.stopped).toBe(false)
    await failure(call(pool, { type: 'crash' }))
    expect(child.stopped).toBe(true)
    expect(findActor(own)).toBeUndefined()
    expect(await call(pool, { type: 'spawn' })).toEqual([])
  })
})
