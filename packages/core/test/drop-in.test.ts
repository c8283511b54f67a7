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
beforeEach(() => {
  system = start()
})
afterEach(() => {
  stop(system)
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (n = 10): Promise<void> => {
  for (let i = 0; i < n; i++) await turn()
}
const answer: PlainFunction<any, any> = (state, message, ctx) => {
  dispatch(ctx.sender, [state, message])
  return message
}

/** What holds for an actor of nact's own and for the pool that takes its place. */
describe.each<[string, Spawn]>([
  ['nact spawn', nact.spawn as Spawn],
  ['a pool of one', spawnPool as Spawn],
])('%s', (_name, spawn) => {
  it('handles messages one at a time and in order, also when handlers are asynchronous', async () => {
    const seen: string[] = []
    const actor = spawn(system, async (state: number = 0, message: string) => {
      seen.push(`${message} in`)
      for (let i = 0; i < (message === 'a' ? 5 : 1); i++) await turn()
      seen.push(`${message} out ${state}`)
      return state + 1
    })
    for (const message of ['a', 'b', 'c']) dispatch(actor, message)
    await turns(20)
    expect(seen).toEqual(['a in', 'a out 0', 'b in', 'b out 1', 'c in', 'c out 2'])
  })

  it('answers queries through ctx.sender, with the state before', async () => {
    const actor = spawn(system, answer, 'actor', { initialState: 'first' })
    expect(await query(actor, 'second', 1000)).toEqual(['first', 'second'])
    expect(await query(actor, 'third', 1000)).toEqual(['second', 'third'])
  })

  it('calls a query message that is a function with the address of the answer', async () => {
    const actor = spawn(system, (state, message: { replyTo: unknown; value: number }) => {
      dispatch(message.replyTo, message.value * 2)
      return state
    })
    expect(await query(actor, (replyTo: unknown) => ({ replyTo, value: 21 }), 1000)).toBe(42)
  })

  it('makes its state with initialStateFunc, which sees the context', async () => {
    let names: unknown
    const actor = spawn(system, answer, 'actor', {
      initialStateFunc: (ctx: any) => {
        names = [ctx.name, ctx.path.toString(), ctx.self.name]
        return { made: true }
      },
    })
    expect(await query(actor, 1, 1000)).toEqual([{ made: true }, 1])
    expect(names).toEqual(['actor', `${(system as any).name}://actor`, 'actor'])
  })

  it('gives the function the complete context of nact, as own properties and as this', async () => {
    let context: any
    let same: unknown
    const actor = spawn(
      system,
      function (this: unknown, state: unknown, _message: unknown, ctx: any) {
        same = this === ctx
        context = { ...ctx }
        dispatch(ctx.sender, 'done')
        return state
      },
      'actor',
    )
    await query(actor, 'x', 1000)
    expect(same).toBe(true)
    expect(Object.keys(context)).toEqual(
      expect.arrayContaining(['parent', 'path', 'self', 'name', 'children', 'sender', 'log']),
    )
    expect(context.self).toBe(actor)
    expect(context.parent).toBe(system)
    expect(context.name).toBe('actor')
    expect(context.path.parts).toEqual(['actor'])
    expect(context.children).toEqual(new Map())
    expect(context.log).toBeUndefined()
  })

  it('knows the sender of a dispatch, or nobody without a sender', async () => {
    const seen: any[] = []
    const sender = spawn(system, (state) => state, 'sender')
    const actor = spawn(system, (state, _message, ctx) => {
      seen.push(ctx.sender)
      return state
    })
    dispatch(actor, 1, sender)
    dispatch(actor, 2)
    await turns()
    expect(seen[0]).toBe(sender)
    expect(seen[1].type).toBe('nobody')
  })

  it('has children that handlers spawn under it, reachable by path, seen in ctx.children', async () => {
    const actor = spawn(
      system,
      (state, message, ctx) => {
        if (message === 'spawn') spawn(ctx.self, answer, 'child')
        dispatch(ctx.sender, [...ctx.children.keys()])
        return state
      },
      'actor',
    )
    await query(actor, 'spawn', 1000)
    expect(await query(actor, 'look', 1000)).toEqual(['child'])
    const child = [...findActor(actor)!.childReferences.values()][0]
    expect(child!.path.toString()).toBe(`${(system as any).name}://actor/child`)
    expect(await query(child, 5, 1000)).toEqual([undefined, 5])
  })

  it('refuses a name that is taken', () => {
    spawn(system, answer, 'actor')
    expect(() => spawn(system, answer, 'actor')).toThrow('already exists')
  })

  it('refuses a name that is not a valid part of a path', () => {
    expect(() => spawn(system, answer, 'not a name')).toThrow(/Invalid argument|expected letters/)
  })

  it('generates a name if none is given', async () => {
    const [first, second] = [spawn(system, answer), spawn(system, answer)]
    expect((first as any).name).not.toBe((second as any).name)
    expect(await query(first, 1, 1000)).toEqual([undefined, 1])
  })

  it('can return undefined as its next state', async () => {
    const actor = spawn(
      system,
      (state, message, ctx) => {
        dispatch(ctx.sender, state)
        return message === 'forget' ? undefined : state
      },
      'actor',
      { initialState: 1 },
    )
    expect(await query(actor, 'forget', 1000)).toBe(1)
    expect(await query(actor, 'look', 1000)).toBeUndefined()
  })

  it('does not change the state: not frozen, not copied, of any type', async () => {
    const state = new Map([[1, { deep: true }]])
    const actor = spawn(
      system,
      (own: typeof state, message: number, ctx) => {
        own.set(message, { deep: false })
        dispatch(ctx.sender, own)
        return own
      },
      'actor',
      { initialState: state },
    )
    expect(await query(actor, 2, 1000)).toBe(state)
    expect(state.size).toBe(2)
  })

  it('can dispatch to itself', async () => {
    const actor = spawn(system, (state: number[] = [], message: number, ctx) => {
      if (message < 3) dispatch(ctx.self, message + 1)
      if (message === 99) dispatch(ctx.sender, state)
      return [...state, message]
    })
    dispatch(actor, 0)
    await turns(20)
    expect(await query(actor, 99, 1000)).toEqual([0, 1, 2, 3])
  })

  it('cannot be reached after it has stopped', async () => {
    const seen: unknown[] = []
    const actor = spawn(system, (state, message) => {
      seen.push(message)
      return state
    })
    dispatch(actor, 1)
    await turns()
    stop(actor)
    dispatch(actor, 2)
    await turns()
    expect(seen).toEqual([1])
    await expect(query(actor, 3, 1000)).rejects.toThrow()
    expect(findActor(actor)).toBeUndefined()
  })

  it('calls afterStop with the last state, once', async () => {
    const calls: unknown[] = []
    const actor = spawn(system, (state: number, message: number) => state + message, 'actor', {
      initialState: 1,
      afterStop: (state: number, ctx: any) => {
        calls.push([state, ctx.name, ctx.mailbox])
      },
    })
    dispatch(actor, 2)
    await turns()
    stop(actor)
    await turns()
    expect(calls).toEqual([[3, 'actor', []]])
  })

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
