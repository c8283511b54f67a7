import type { Behaviour, Protocol, TaskProtocol } from '@genpool/core'
import { behaviourElsewhere, type StateOptions } from '@genpool/core/elsewhere'
import { type Fault, isPlainObject, parseOptions } from '@genpool/runtime'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { bootOf, checkBootFile } from './loading/loader'
import { moduleFile } from './loading/module-file'
import { checkNodeOptions } from './node-options'
import { type ThreadOptions, threadOptions } from './options'
import { ThreadRoutes } from './owner/routes'
import { ThreadWorkers } from './owner/thread-workers'

/** The behaviour of a module: what `definePool` returned, or a function of a task. */
export type BehaviourOf<T> = [T] extends [Behaviour<infer P>]
  ? Behaviour<P>
  : [T] extends [(task: infer M, ...rest: never[]) => infer R]
    ? Behaviour<TaskProtocol<M, Awaited<R>>>
    : 'threads<typeof Module>: the export is neither a behaviour (what definePool returned) nor a function of a task'

/**
 * A behaviour for `spawnPool` whose members work in threads, one each: the same pool, on all cores.
 *
 * Each thread loads the module; this thread does not. The number of members is the number of cores less one, at least 1, unless
 * `size` says otherwise. Each member has a state of its own.
 *
 * @param url the module: `new URL('./work.js', import.meta.url)`, or an absolute path. Its default export (or `export`) is what
 *   `definePool` returned, or a function `(task) => result`
 * @param options see `threadOptions`
 * @throws {OptionsError} if an option is wrong, there is no such file, or this package is part of a bundle
 * @example
 * import type Thumbnails from './thumbnails.mjs'
 * const pool = spawnPool(system, threads<typeof Thumbnails>(new URL('./thumbnails.mjs', import.meta.url)), 'thumbnails')
 */
export function threads<T = Behaviour>(url: URL | string, options: ThreadOptions = {}): BehaviourOf<T> {
  const checked = parseOptions(threadOptions, options, 'options of threads')
  checkNodeOptions(checked)
  checkBootFile()
  const flags = checked.execArgv ?? process.execArgv
  const file = moduleFile(url, (source) => bootOf(source, flags).loader !== null)
  const boot = bootOf(file, flags)
  const module = { file, export: checked.export, loader: boot.loader }
  const routes = new ThreadRoutes()
  const named = { ...checked, name: checked.name ?? basename(file) }
  const workers = new ThreadWorkers({ boot, module, options: named }, routes)
  const size = Math.max(1, availableParallelism() - 1)
  return behaviourElsewhere<Protocol>({ routes, workers, size, withDefaults, faultOfState }) as never
}

/**
 * Of idle threads, the one that worked last gets the next message: it is awake, and gets more of them at once. What waits while
 * another thread is idle moves there. (Tiny tasks, 64 in flight: half the CPU time of the order in which they became idle.)
 */
const LATEST_FIRST = { type: 'drop', order: 'lifo' } as const

function withDefaults(options: object): object {
  const { broker } = options as { readonly broker?: unknown }
  if (broker === undefined) return { ...options, broker: { member: LATEST_FIRST } }
  return isPlainObject(broker) && !('member' in broker)
    ? { ...options, broker: { ...broker, member: LATEST_FIRST } }
    : options
}

/** What cannot be done in threads is refused before a pool is made. The shared state is in this thread, with its checks. */
function faultOfState({ type, validate }: StateOptions): Fault | undefined {
  if (type === 'shared' || validate === undefined) return undefined
  const message =
    'in a pool of threads, a check belongs to a state that all members share. Set "state.type" to "shared", or check in the handler'
  return { path: ['state', 'validate'], message }
}
