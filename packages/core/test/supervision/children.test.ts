import { call, definePool, getMembers, noReply, reply, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { dispatch, spawn } from 'nact'
import { system } from '../quiet-system'

/* eslint-disable @typescript-eslint/no-explicit-any -- plain nact actors */
describe('a child that a handler has spawned', () => {
  it('stops with the member that is its parent', async () => {
    let child: any
    const Parents = definePool({
      init: () => 0,
      calls: {
        spawn: (_message, _state, ctx) => {
          child = (spawn as any)(ctx.member.ref, (state: unknown) => state, 'child')
          return reply(ctx.member.name)
        },
        crash: () => {
          throw new Error('crash')
        },
      },
    })
    const pool = spawnPool(system, Parents, 'pool', { size: 1 })
    await call(pool, { type: 'spawn' })
    expect(findActor(child)).toBeDefined()
    await expect(call(pool, { type: 'crash' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_CRASHED' })
    expect(findActor(child)).toBeUndefined()
  })
})

describe('a child that escalates a fault', () => {
  const escalate = { onCrash: (_message: unknown, _error: unknown, ctx: any) => ctx.escalate }
  const faulty = (): never => {
    throw new Error('fault')
  }
  let child: any
  const spawnUnder = (parent: unknown): void => void (child = (spawn as any)(parent, faulty, 'child', escalate))
  const Parents = definePool({
    init: () => 0,
    calls: {
      spawn: (_message, _state, ctx) => {
        spawnUnder(ctx.self)
        return reply(0)
      },
      spawnUnderMember: (_message, _state, ctx) => {
        spawnUnder(ctx.member.ref)
        return reply(0)
      },
      wait: () => noReply(),
    },
  })

  it('stops the pool under which it is, and those who wait are told why', async () => {
    const pool = spawnPool(system, Parents, 'pool', { size: 2 })
    await call(pool, { type: 'spawn' })
    const waiting = call(pool, { type: 'wait' }).catch((error: unknown) => error)
    dispatch(child, 1 as never)
    expect(await waiting).toMatchObject({
      code: 'ERR_GENPOOL_STOPPED',
      message: expect.stringContaining('its child "child" escalated a fault: fault'),
    })
    expect(findActor(pool as never)).toBeUndefined()
  })

  it('ends the member under whose address it is, which is replaced', async () => {
    const pool = spawnPool(system, Parents, 'pool', { size: 1 })
    await call(pool, { type: 'spawnUnderMember' })
    dispatch(child, 1 as never)
    await new Promise(setImmediate)
    expect(findActor(child)).toBeUndefined()
    expect(getMembers(pool).map((member) => member.name)).toEqual(['member-1.2'])
  })

  it('counts as a crash of its member', async () => {
    const pool = spawnPool(system, Parents, 'pool', { size: 1, restart: { intensity: 0 } })
    await call(pool, { type: 'spawnUnderMember' })
    dispatch(child, 1 as never)
    await new Promise(setImmediate)
    expect(findActor(pool as never)).toBeUndefined()
  })

  it.each([
    ['resume', true],
    ['stopChild', false],
    ['stopAllChildren', false],
  ])('of a member is told to onCrash; %s lets the member go on', async (action, childLives) => {
    const asked: unknown[] = []
    const pool = (spawnPool as any)(
      system,
      (state: unknown, message: unknown, ctx: any) => {
        if (message === 'spawn') spawnUnder(ctx.member.ref)
        ctx.from.reply(message)
        return state
      },
      'pool',
      {
        onCrash: (message: unknown, error: Error, ctx: any, escalating: any) => {
          asked.push([message, error.message, escalating.name])
          return ctx[action]
        },
      },
    )
    await call(pool, 'spawn' as never)
    dispatch(child, 'message' as never)
    await new Promise(setImmediate)
    expect(asked).toEqual([['message', 'fault', 'child']])
    expect(findActor(child) !== undefined).toBe(childLives)
    expect(await call(pool, 'next' as never)).toBe('next')
    expect(getMembers(pool).map((member) => member.name)).toEqual(['member-1.1'])
  })

  describe('and is another pool, which gives up,', () => {
    const Failing = definePool({
      init: (): number => {
        throw new Error('no database')
      },
      calls: { get: () => reply(0) },
    })
    const spawnInner = (parent: unknown): void =>
      void spawnPool(parent as never, Failing, 'inner', { restart: { attempts: 1 } })

    it.each(['self', 'member'] as const)('ends alone under a pool of messages by type (%s)', async (under) => {
      const Outer = definePool({
        init: () => 0,
        calls: {
          spawn: (_message, _state, ctx) => {
            spawnInner(under === 'self' ? ctx.self : ctx.member.ref)
            return reply(ctx.member.name)
          },
        },
      })
      const pool = spawnPool(system, Outer, 'outer', { size: 1 })
      expect(await call(pool, { type: 'spawn' })).toBe('member-1.1')
      expect(await call(pool, { type: 'spawn' })).toBe('member-1.1')
    })

    it('stops a pool that stands for an actor of nact, as there', async () => {
      const pool = spawnPool(
        system,
        (state: unknown, _message: unknown, ctx) => {
          spawnInner(ctx.self)
          return state
        },
        'outer',
      )
      await expect(call(pool, 1)).rejects.toThrow(/child "inner" escalated a fault.*no database/)
    })
  })
})
