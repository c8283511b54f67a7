import { type PlainFunction } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import { type Ref } from 'nact'
import { answer, BOTH, dispatch, query, system, turn, turns } from './drop-in'

/* eslint-disable @typescript-eslint/no-explicit-any */

/** What holds for an actor of nact's own and for the pool that takes its place, when its handler throws. */
describe.each(BOTH)('%s', (_name, spawn) => {
  describe('whose handler throws', () => {
    const crasher: PlainFunction<any, any> = (state: number, message, ctx) => {
      if (message === 'throw') throw new Error('thrown')
      if (message === 'spawn') spawn(ctx.self, answer, 'child')
      dispatch(ctx.sender, [state, [...ctx.children.keys()]])
      return state + 1
    }
    const crashing = (onCrash: (message: unknown, error: Error, ctx: any) => unknown): Ref<any> =>
      spawn(system, crasher, 'actor', { initialState: 0, onCrash })

    it('asks onCrash, with the message, the error, the mailbox and the actions', async () => {
      const calls: any[] = []
      const actor = crashing((message, error, ctx) => {
        calls.push([message, error.message, ctx.name, ctx.mailbox.length])
        return ctx.resume
      })
      dispatch(actor, 'throw')
      dispatch(actor, 'next')
      await turns()
      expect(calls).toEqual([['throw', 'thrown', 'actor', 1]])
    })

    it('continues with its state on resume', async () => {
      const actor = crashing((_message, _error, ctx) => ctx.resume)
      dispatch(actor, 'count')
      dispatch(actor, 'throw')
      expect(await query(actor, 'count', 1000)).toEqual([1, []])
    })

    it('starts again with its first state and no children on reset', async () => {
      const actor = crashing((_message, _error, ctx) => ctx.reset)
      dispatch(actor, 'spawn')
      await turns()
      dispatch(actor, 'throw')
      expect(await query(actor, 'count', 1000)).toEqual([0, []])
    })

    it('stops on stop', async () => {
      const actor = crashing((_message, _error, ctx) => ctx.stop)
      dispatch(actor, 'throw')
      await turns()
      expect(findActor(actor)).toBeUndefined()
    })

    it('stops with its peers on stopAll', async () => {
      const peer = spawn(system, answer, 'peer')
      const actor = crashing((_message, _error, ctx) => ctx.stopAll)
      dispatch(actor, 'throw')
      await turns()
      expect(findActor(actor)).toBeUndefined()
      expect(findActor(peer)).toBeUndefined()
    })

    it('is reset with its peers on resetAll', async () => {
      const peer = spawn(system, crasher, 'peer', { initialState: 0 })
      await query(peer, 'count', 1000)
      const actor = crashing((_message, _error, ctx) => ctx.resetAll)
      await query(actor, 'count', 1000)
      dispatch(actor, 'throw')
      await turns()
      expect(await query(actor, 'count', 1000)).toEqual([0, []])
      expect(await query(peer, 'count', 1000)).toEqual([0, []])
    })

    it('escalates to its parent, which stops it', async () => {
      const quiet = jest.spyOn(console, 'log').mockImplementation(() => undefined)
      const actor = crashing((_message, _error, ctx) => ctx.escalate)
      dispatch(actor, 'throw')
      await turns()
      expect(findActor(actor)).toBeUndefined()
      quiet.mockRestore()
    })

    it('may decide later', async () => {
      const actor = crashing(async (_message, _error, ctx) => {
        await turn()
        return ctx.reset
      })
      dispatch(actor, 'count')
      dispatch(actor, 'throw')
      expect(await query(actor, 'count', 1000)).toEqual([0, []])
    })

    it.each(['stopChild', 'resetChild', 'stopAllChildren', 'resetAllChildren'])(
      'does %s when a child escalates',
      async (action) => {
        const parent = spawn(
          system,
          (state, message, ctx) => {
            if (message === 'spawn') {
              spawn(ctx.self, crasher, 'child', {
                initialState: 0,
                onCrash: (_m: unknown, _e: unknown, c: any) => c.escalate,
              })
            }
            dispatch(ctx.sender, [...ctx.children.keys()])
            return state
          },
          'parent',
          { onCrash: (_message: unknown, _error: unknown, ctx: any) => ctx[action] },
        )
        await query(parent, 'spawn', 1000)
        const child = [...findActor(parent)!.childReferences.values()][0]
        await query(child, 'count', 1000)
        dispatch(child, 'throw')
        await turns()
        if (action.startsWith('stop')) expect(await query(parent, 'look', 1000)).toEqual([])
        else expect(await query(child, 'count', 1000)).toEqual([0, []])
      },
    )
  })
})
