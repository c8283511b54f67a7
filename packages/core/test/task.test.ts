import {
  type Behaviour,
  call,
  cast,
  defineTask,
  definePool,
  inspect,
  map,
  type PoolOptions,
  spawnPool,
  type TaskProtocol,
} from '@genpool/core'
import { dispatch, query, spawn } from 'nact'
import { clock, system } from './virtual-system'

/** nact's `dispatch` with a sender, which its types leave out. */
const tell = dispatch as (to: unknown, message: unknown, sender: unknown) => void
/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

describe('defineTask', () => {
  it('makes a behaviour of one function: tasks of any shape, the result is the answer', async () => {
    let running = 0
    let most = 0
    const run = async (ms: number): Promise<string> => {
      most = Math.max(most, ++running)
      await clock.wait(ms)
      running--
      return `waited ${ms}`
    }
    const pool = spawnPool(system, defineTask(run), 'waits', { size: 3, clock })
    const calls = [10, 20, 30, 40, 50].map((ms) => call(pool, ms))
    await clock.advance(200)
    expect(await Promise.all(calls)).toEqual([10, 20, 30, 40, 50].map((ms) => `waited ${ms}`))
    expect(most).toBe(3)
    expect(inspect(pool).outcomes.replied).toBe(5)
  })

  it('knows the types of its tasks and results', async () => {
    const lengths = defineTask((text: string) => text.length)
    same<typeof lengths, Behaviour<TaskProtocol<string, number>>>(true)
    const pool = spawnPool(system, lengths, 'lengths')
    const asked = call(pool, 'four')
    same<typeof asked, Promise<number>>(true)
    expect(await asked).toBe(4)
    expect(await query(pool, 'three', 100)).toBe(5)
    expect(cast(pool, 'text')).toEqual({ ok: true })
    expect(await map(pool, ['a', 'bb', 'ccc']).toArray()).toEqual([1, 2, 3])
    const wrong = (): void => {
      // @ts-expect-error -- the task is a string
      void call(pool, 4)
      // @ts-expect-error -- the task is a string
      cast(pool, { type: 'text' })
    }
    expect(wrong).toBeDefined()
  })

  it('has a context: signal, attempt, progress', async () => {
    const told: unknown[] = []
    const pool = spawnPool(
      system,
      defineTask(async (task: { ms: number }, ctx) => {
        ctx.progress(ctx.attempt)
        await clock.wait(task.ms)
        return ctx.signal.aborted
      }),
      'contexts',
      { clock },
    )
    const asked = call(pool, { ms: 10 }, { onProgress: (value) => told.push(value) })
    await clock.advance(10)
    expect(await asked).toBe(false)
    expect(told).toEqual([1])
  })

  it.each([undefined, null, 0, [1], { type: 'x' }])('passes %p on as a task and as an answer', async (value) => {
    const pool = spawnPool(
      system,
      defineTask((task: unknown) => task),
      'same',
    )
    expect(await call(pool, value)).toEqual(value)
  })

  it('answers with a function as it is', async () => {
    const answer = (): string => 'called'
    const options: PoolOptions = { size: 1 }
    const functions = spawnPool(
      system,
      defineTask(() => answer),
      'functions',
      options,
    )
    expect(await call(functions, undefined)).toBe(answer)
  })

  it('fails a task with what the function threw; it can be run again as the type "task"', async () => {
    let runs = 0
    const pool = spawnPool(
      system,
      defineTask((task: string) => {
        if (++runs < 3) throw new Error('not yet')
        return task
      }),
      'failing',
      { size: 1, retryOnCrash: { task: 1 } },
    )
    await expect(call(pool, 'a')).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CRASHED',
      type: 'task',
      cause: new Error('not yet'),
    })
    expect(await call(pool, 'b')).toBe('b')
  })

  it('answers the sender of a dispatch', async () => {
    const seen: unknown[] = []
    const pool = spawnPool(
      system,
      defineTask((n: number) => n + 1),
      'dispatched',
    )
    const asker = spawn(system, (_state: unknown, message: unknown) => void seen.push(message))
    tell(pool, 1, asker)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([2])
  })

  it.each([undefined, { handle: () => 1 }, 'text'])('refuses %p', (run) => {
    expect(() => defineTask(run as never)).toThrow(/defineTask: expected a function such as/)
  })

  it('leaves definePool(f) a plain nact function, with the state first', async () => {
    const plain = definePool(
      (state: number, message: number, ctx) => {
        ctx.from.reply(state + message)
        return state + message
      },
      { initialState: 1 },
    )
    const pool = spawnPool(system, plain, 'plain', { size: 1, state: 'isolated' })
    expect([await call(pool, 1), await call(pool, 1)]).toEqual([2, 3])
  })
})
