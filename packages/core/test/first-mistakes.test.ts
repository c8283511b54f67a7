import { call, definePool, defineTask, halt, noReply, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, start, stop } from 'nact'

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-extraneous-class -- wrong on purpose */
const define = definePool as (behaviour: any) => any

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** What somebody reads who calls a pool with this behaviour, and waits. */
async function says(behaviour: () => any): Promise<string> {
  const clock = virtualClock()
  try {
    const pool = spawnPool(system, behaviour(), 'pool', { size: 1, clock })
    const answer = call(pool, { type: 'add', value: 2 } as never, { timeout: 1000 }).then(
      (value) => `answered ${String(value)}`,
      (error: Error) => error.message,
    )
    await clock.advance(2000)
    return await answer
  } catch (error) {
    return (error as Error).message
  }
}

describe('somebody who is new here reads what to do when', () => {
  const TASK = 'defineTask((message, ctx) => answer)'

  it.each<[string, () => any, string[]]>([
    [
      'a function of the message returns its answer',
      () => define((task: unknown) => typeof task),
      [
        'A plain nact function, (state, message, ctx), returns its next state, and answers with dispatch(ctx.sender, answer)',
        TASK,
      ],
    ],
    ['such a function is async', () => define(async (task: unknown) => Promise.resolve(task)), [TASK]],
    [
      'such a function reads the message where the state is',
      () => define((task: any) => task.value),
      ["reading 'value'", 'A plain nact function is called with (state, message, ctx)', TASK],
    ],
    [
      'an async one does',
      () => define(async ({ value }: any) => Promise.resolve(value)),
      ['(state, message, ctx)', TASK],
    ],
    [
      'an actor of nact forgets to answer',
      () => define((state = 0, { value }: any) => state + value),
      ['dispatch(ctx.sender, answer)'],
    ],
    [
      'an actor of nact returns a step',
      () => define((_state: unknown, { value }: any) => reply(value)),
      [
        'it is a step (what reply, noReply and halt return)',
        'definePool({ calls: { type: (message, state, ctx) => reply(answer) } })',
      ],
    ],
    ['an async one does', () => define(async () => Promise.resolve(reply(1))), ['it is a step', 'definePool({ calls:']],
    [
      'a handler returns its next state',
      () => define({ init: () => ({ n: 0 }), calls: { add: () => ({ n: 1 }) } }),
      ['the handler returned an object that is not a step. Return reply(value) or reply(value, nextState)'],
    ],
    [
      'a handler dispatches its answer, as in nact',
      () =>
        define({
          calls: { add: (_msg: unknown, state: unknown, ctx: any) => (dispatch(ctx.sender, 5 as never), state) },
        }),
      ['the handler returned nothing (undefined). Return reply(value)'],
    ],
    [
      'a handler answers nobody',
      () => define({ calls: { add: () => noReply() } }),
      ['Its handler returned noReply() and has not taken ctx.from, so nobody could answer. Return reply(answer)'],
    ],
    [
      'a handler ends its member and answers nobody',
      () => define({ calls: { add: () => halt('enough') } }),
      ['Its handler returned halt(reason) without an answer', 'Return halt(reason, { reply: answer })'],
    ],
    [
      'a handler of batches does so',
      () => define({ calls: { add: { batch: 2, handle: () => halt('enough') } } }),
      ['Its handler returned halt(reason) without an answer', 'Return halt(reason, { reply: answer })'],
    ],
    [
      'handlers stand at the top',
      () => define({ add: () => reply(1) }),
      ['unknown key "add" (did you mean "calls.add" or "casts.add"?)'],
    ],
    [
      'the state is given as in nact',
      () => define({ initialState: 0, calls: {} }),
      ['unknown key "initialState" (did you mean "init"?)'],
    ],
    ['a class is given', () => define(class {}), ['got a class. Give it an object whose handlers call an instance']],
    ['a class is given as a task', () => defineTask(class {} as never), ['got a class']],
  ])('%s', async (_, behaviour, texts) => {
    const said = await says(behaviour)
    for (const text of texts) expect(said).toContain(text)
  })

  it('keeps the words about ctx.from for a handler that has taken it', async () => {
    const said = await says(() =>
      define({ calls: { add: (_msg: unknown, _state: unknown, { from }: any) => (void from, noReply()) } }),
    )
    expect(said).toContain('the code which got ctx.from always answers')
  })

  it('gives no advice about functions to a handler that throws', async () => {
    const said = await says(() => define({ calls: { add: (msg: any) => msg.no.such } }))
    expect(said).toMatch(/reading 'such'\)\. Nothing was committed\. See "cause" for the original error\.$/)
  })
})
