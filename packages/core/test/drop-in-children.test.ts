import { findActor } from '@genpool/runtime'
import * as nact from 'nact'
import { stop } from 'nact'
import { BOTH, dispatch, nothing, query, silent, system, turn, turns } from './drop-in'

/* eslint-disable @typescript-eslint/no-explicit-any */
silent()

/** What holds for an actor of nact's own and for the pool that takes its place, when its child escalates, and with what waits. */
describe.each(BOTH)('%s', (_name, spawn) => {
  describe('whose child escalates', () => {
    /** A parent of `child`, whose handler throws. */
    const parentOf = async (
      properties: object,
      grandparent: unknown = system,
    ): Promise<{ parent: any; child: any }> => {
      let child: any
      const parent = spawn(
        grandparent,
        (state, _message, ctx) => {
          child = nact.spawn(
            ctx.self as never,
            (() => {
              throw new Error('thrown')
            }) as never,
            'child',
            { onCrash: (_message: unknown, _error: unknown, ctx: any) => ctx.escalate } as never,
          )
          dispatch(ctx.sender, 'done')
          return state
        },
        'parent',
        properties,
      )
      await query(parent, 'spawn', 1000)
      return { parent, child }
    }

    it('stops without an onCrash, and its child with it', async () => {
      const { parent, child } = await parentOf({})
      dispatch(child, 1)
      await turns()
      expect(findActor(parent)).toBeUndefined()
      expect(findActor(child)).toBeUndefined()
    })

    it('does not tell its own parent of it, without an onCrash', async () => {
      const asked: unknown[] = []
      const grandparent = nact.spawn(system as never, nothing as never, 'grandparent', {
        onCrash: (_message: unknown, error: Error) => asked.push(error.message),
      } as never)
      const { parent, child } = await parentOf({}, grandparent)
      dispatch(child, 1)
      await turns()
      expect(findActor(parent)).toBeUndefined()
      expect(asked).toEqual([])
    })

    it('asks onCrash, with the message, the error and the child', async () => {
      const asked: unknown[] = []
      const { parent, child } = await parentOf({
        onCrash: (message: unknown, error: Error, ctx: any, child: any) => {
          asked.push([message, error.message, ctx.name, child.name])
          return ctx.stop
        },
      })
      dispatch(child, 'message')
      await turns()
      expect(asked).toEqual([['message', 'thrown', 'parent', 'child']])
      expect(findActor(parent)).toBeUndefined()
    })

    it('goes on to its own parent on escalate, which stops it', async () => {
      const { parent, child } = await parentOf({ onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.escalate })
      dispatch(child, 1)
      await turns()
      expect(findActor(parent)).toBeUndefined()
    })

    it('goes on to its own parent on escalate, whose onCrash is told the message, the error and the actor', async () => {
      const asked: unknown[] = []
      const grandparent = nact.spawn(system as never, nothing as never, 'grandparent', {
        onCrash: (message: unknown, error: Error, ctx: any, child: any) => {
          asked.push([message, error.message, child.name])
          return ctx.stopChild
        },
      } as never)
      const escalates = { onCrash: (_m: unknown, _e: unknown, ctx: any) => ctx.escalate }
      const { parent, child } = await parentOf(escalates, grandparent)
      dispatch(child, 'message')
      await turns()
      expect(asked).toEqual([['message', 'thrown', 'parent']])
      expect(findActor(parent)).toBeUndefined()
      expect(findActor(grandparent)).toBeDefined()
    })
  })

  describe('with messages that wait', () => {
    it('shows them, with their senders, in the mailbox of onCrash', async () => {
      let mailbox: any[] = []
      const sender = spawn(system, nothing, 'sender')
      const actor = spawn(
        system,
        () => {
          throw new Error('thrown')
        },
        'actor',
        {
          onCrash: (_message: unknown, _error: unknown, ctx: any) => {
            mailbox = ctx.mailbox
            return ctx.stop
          },
        },
      )
      dispatch(actor, 1)
      dispatch(actor, 2, sender)
      dispatch(actor, 3)
      query(actor, 4, 50).catch(() => undefined)
      await turns()
      expect(mailbox.map((entry) => [entry.message, entry.sender.type])).toEqual([
        [2, 'actor'],
        [3, 'nobody'],
        [4, 'temp'],
      ])
      expect(mailbox[0].sender).toBe(sender)
    })

    it('lets onCrash answer those who wait', async () => {
      const actor = spawn(
        system,
        async () => {
          await turn()
          throw new Error('thrown')
        },
        'actor',
        {
          onCrash: (_message: unknown, _error: unknown, ctx: any) => {
            for (const { message, sender } of ctx.mailbox) dispatch(sender, `no ${message}`)
            return ctx.stop
          },
        },
      )
      dispatch(actor, 1)
      expect(await query(actor, 2, 1000)).toBe('no 2')
    })

    it('shows them, with their senders, in the mailbox of afterStop', async () => {
      let context: any
      const sender = spawn(system, nothing, 'sender')
      const actor = spawn(system, nothing, 'actor', {
        afterStop: (_state: unknown, ctx: any) => {
          context = ctx
        },
      })
      dispatch(actor, 1)
      dispatch(actor, 2, sender)
      dispatch(actor, 3)
      stop(actor)
      await turns()
      expect(context.mailbox.map((entry: any) => [entry.message, entry.sender.type])).toEqual([
        [2, 'actor'],
        [3, 'nobody'],
      ])
      expect(Object.keys(context)).toEqual(
        expect.arrayContaining(['parent', 'path', 'self', 'name', 'children', 'sender', 'log', 'mailbox']),
      )
      expect(context.parent).toBe(system)
    })
  })
})
