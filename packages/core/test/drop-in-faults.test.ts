import { type PlainFunction, spawnPool } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import * as nact from 'nact'
import { type ActorSystemRef, type Ref, start, stop } from 'nact'

// nact's types leave the sender out, and know queries by factory only.
/* eslint-disable @typescript-eslint/no-explicit-any */
const dispatch = nact.dispatch as (to: unknown, message: unknown, sender?: unknown) => void
const query = nact.query as (to: unknown, message: unknown, timeout: number) => Promise<any>
type Spawn = (parent: any, f: PlainFunction<any, any>, name?: string, properties?: any) => Ref<any>

let system: ActorSystemRef
let printed: jest.SpyInstance
beforeEach(() => {
  system = start()
  printed = jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  printed.mockRestore()
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (n = 10): Promise<void> => {
  for (let i = 0; i < n; i++) await turn()
}
const answer: PlainFunction<any, any> = (state, message, ctx) => {
  dispatch(ctx.sender, [state, message])
  return message
}
const nothing: PlainFunction<any, any> = (state) => state

/** What holds for the faults of an actor of nact's own and of the pool that takes its place. */
describe.each<[string, Spawn]>([
  ['nact spawn', nact.spawn as Spawn],
  ['a pool of one', spawnPool as Spawn],
])('%s', (_name, spawn) => {
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
