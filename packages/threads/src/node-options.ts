import { type Fault, OptionsError, showPath, textOf } from '@genpool/runtime'
import { type SHARE_ENV, Worker } from 'node:worker_threads'
import type { CheckedThreadOptions } from './options'
import { faultIn, isCloneable } from './values/cloneable'

/**
 * Checks what only Node itself can say about the options of a thread.
 *
 * @throws {OptionsError} that names the option
 */
export function checkNodeOptions(options: CheckedThreadOptions): void {
  const fault = faultOf(options)
  if (fault !== undefined) throw unusable(fault)
}

/** The error of options of which Node makes no thread. It says why. */
export function unusable(fault: Fault): OptionsError {
  const { path, message } = fault
  return new OptionsError(
    `The options of threads are wrong; nothing was changed.\n  at ${showPath(path, 'the top')}: ${message}`,
    [fault],
  )
}

function faultOf(options: CheckedThreadOptions): Fault | undefined {
  const { workerData, execArgv, env } = options
  if (!isCloneable(workerData)) return workerDataFault(workerData)
  const hasFlags = typeof env === 'object' && env['NODE_OPTIONS'] !== undefined
  if (execArgv === undefined && !hasFlags) return undefined
  try {
    // A function cannot be cloned: if all else is right this throws, too, and no thread begins.
    void new Worker('', {
      eval: true,
      ...(execArgv && { execArgv }),
      ...(env && { env: env as typeof SHARE_ENV }),
      workerData: () => undefined,
    })
    return undefined
  } catch (error) {
    return (error as Error).name === 'DataCloneError' ? undefined : faultFrom(error, options)
  }
}

/** What was wrong with the options when Node refused to make a thread of them. */
export function faultFrom(error: unknown, { workerData }: CheckedThreadOptions): Fault {
  if (!isCloneable(workerData)) return workerDataFault(workerData)
  const message = `no thread can be started with it: ${textOf(error)}`
  if ((error as { code?: unknown }).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') return { path: [], message }
  return { path: textOf(error).includes('NODE_OPTIONS') ? ['env', 'NODE_OPTIONS'] : ['execArgv'], message }
}

function workerDataFault(workerData: unknown): Fault {
  const { path, message } = faultIn(workerData)
  return { path: ['workerData', ...path], message }
}
