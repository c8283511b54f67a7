import { spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import * as nact from 'nact'
import { answer, BOTH, dispatch, nothing, query, silent, type Spawn, system, turns } from './drop-in'

/* eslint-disable @typescript-eslint/no-explicit-any */
silent()

/** What holds for an actor of nact's own and for the pool that takes its place, when its first state cannot be made. */
describe.each(BOTH)('%s', (_name, spawn) => {
  describe('whose initialStateFunc throws', () => {
    /** An actor whose first `failures` tries fail. */
    const failing = (decide: (ctx: any) => unknown, failures = Infinity, properties: object = {}): any => {
      const asked: any[] = []
      let tries = 0
      const actor = spawn(system, answer, 'actor', {
        initialStateFunc: () => {
          if (++tries <= failures) throw new Error('no database')
          return 'made'
        },
        onCrash: (message: unknown, error: Error, ctx: any, child: unknown) => {
          asked.push([message, error.message, ctx.name, ctx.mailbox, child])
          return decide(ctx)
        },
        ...properties,
      })
      return { actor, asked }
    }

    it('asks onCrash, without a message, before spawn returns', () => {
      const { asked } = failing((ctx) => ctx.stop)
      expect(asked).toEqual([[undefined, 'no database', 'actor', [], undefined]])
    })

    it('goes on without a state on resume', async () => {
      const { actor } = failing((ctx) => ctx.resume)
      expect(await query(actor, 1, 1000)).toEqual([undefined, 1])
      expect(await query(actor, 2, 1000)).toEqual([1, 2])
    })

    it.each(['stopAllChildren', 'resetAllChildren'])('goes on without a state on %s', async (action) => {
      const { actor } = failing((ctx) => ctx[action])
      expect(await query(actor, 1, 1000)).toEqual([undefined, 1])
    })

    it('stops on stop, and calls afterStop without a state', async () => {
      const ends: unknown[] = []
      const { actor } = failing((ctx) => ctx.stop, Infinity, { afterStop: (state: unknown) => ends.push(state) })
      await turns()
      expect(findActor(actor)).toBeUndefined()
      expect(ends).toEqual([undefined])
    })

    it('stops with its peers on stopAll', async () => {
      const peer = spawn(system, answer, 'peer')
      const { actor } = failing((ctx) => ctx.stopAll)
      await turns()
      expect(findActor(actor)).toBeUndefined()
      expect(findActor(peer)).toBeUndefined()
    })

    it('escalates to its parent, which stops it', async () => {
      const { actor } = failing((ctx) => ctx.escalate)
      await turns()
      expect(findActor(actor)).toBeUndefined()
    })

    it('escalates to its parent, whose onCrash decides', async () => {
      const asked: unknown[] = []
      const parent = nact.spawn(system as never, nothing as never, 'parent', {
        onCrash: (message: unknown, error: Error, ctx: any, child: any) => {
          asked.push([message, error.message, child.name])
          return ctx.resume
        },
      } as never)
      const actor = spawn(parent, answer, 'actor', {
        initialStateFunc: () => {
          throw new Error('no database')
        },
        onCrash: (_message: unknown, _error: unknown, ctx: any) => ctx.escalate,
      })
      await turns()
      expect(asked).toEqual([[undefined, 'no database', 'actor']])
      expect(await query(actor, 1, 1000)).toEqual([undefined, 1])
    })

    it('tries again on reset', async () => {
      const { actor, asked } = failing((ctx) => ctx.reset, 1, {
        ...(spawn === (spawnPool as Spawn) && { restart: { backoff: { min: 0 } } }),
      })
      await turns()
      expect(await query(actor, 1, 1000)).toEqual(['made', 1])
      expect(asked).toHaveLength(1)
    })

    it('asks again when a reset after a crash fails', async () => {
      const asked: unknown[] = []
      let tries = 0
      const actor = spawn(
        system,
        (state, message, ctx) => {
          if (message === 'throw') throw new Error('thrown')
          return answer.call(ctx, state, message, ctx)
        },
        'actor',
        {
          initialStateFunc: () => {
            if (++tries === 2) throw new Error('no database')
            return 'made'
          },
          onCrash: (message: unknown, error: Error, ctx: any) => {
            asked.push([message, error.message])
            return message === undefined ? ctx.stop : ctx.reset
          },
        },
      )
      dispatch(actor, 'throw')
      await turns()
      expect(asked).toEqual([
        ['throw', 'thrown'],
        [undefined, 'no database'],
      ])
      expect(findActor(actor)).toBeUndefined()
    })
  })

  it('gives initialStateFunc a context with all that nact puts there, as own properties', () => {
    let context: any
    spawn(system, answer, 'actor', {
      initialStateFunc: (ctx: any) => {
        context = { ...ctx }
      },
    })
    expect(Object.keys(context)).toEqual(
      expect.arrayContaining(['parent', 'path', 'self', 'name', 'children', 'sender', 'log']),
    )
    expect(context.children).toEqual(new Map())
  })
})
