import { findActor } from '@genpool/runtime'
import { stop } from 'nact'
import { answer, BOTH, dispatch, query, system, turn, turns } from './drop-in'

/* eslint-disable @typescript-eslint/no-explicit-any */

/** What holds for an actor of nact's own and for the pool that takes its place. */
describe.each(BOTH)('%s', (_name, spawn) => {
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
})
