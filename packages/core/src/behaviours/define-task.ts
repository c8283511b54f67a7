import { OptionsError, showValue } from '@genpool/runtime'
import type { Context } from './context'
import { isClass } from './is-class'
import { type Behaviour, Definition, type OpenProtocol } from './define-pool'
import type { Eventually } from './eventually'

/** What a pool of one function understands: its tasks, as calls and as casts. */
export type TaskProtocol<T, R> = OpenProtocol<undefined, T, R, T>

/**
 * Defines a pool that runs one function: no state, no message types. What it returns is the answer.
 *
 * It has a name of its own, because `definePool(f)` takes a plain nact function, whose first parameter is the state. In errors
 * and in `retryOnCrash`, the type of its messages is `task`.
 *
 * @param run gets a task, of any shape, and the context; may be async. If it throws, the caller gets a CrashedError
 * @throws {OptionsError} if it is not a function
 * @example
 * const pages = spawnPool(system, defineTask(async (url: string, ctx) => fetch(url, { signal: ctx.signal })), 'pages', { size: 5 })
 * const page = await call(pages, 'https://example.org')
 */
export function defineTask<T, R>(
  run: (task: T, ctx: Context<undefined>) => Eventually<R>,
): Behaviour<TaskProtocol<T, R>> {
  if (typeof run !== 'function' || isClass(run)) {
    const message = `expected a function such as async (task, ctx) => result, got ${isClass(run) ? 'a class' : showValue(run)}`
    throw new OptionsError(`defineTask: ${message}.`, [{ path: [], message }])
  }
  return new Definition('task', run) as unknown as Behaviour<TaskProtocol<T, R>>
}
