import { textOf } from './errors'
import { readSafely } from './options/read-safely'
import { printable, printableLines } from './printable'

/** Calls a user callback that nothing waits for. `failed` gets what it throws or rejects with, and what its result throws. */
export function callSafely(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = callback()
    if (typeof result === 'object' && result !== null) Promise.resolve(result).catch(failed)
  } catch (error) {
    failed(error)
  }
}

/** Shows an error that a user callback threw as a warning of the process, with its stack. The process continues. */
export function warnOfCallback(kind: 'pool' | 'broker' | 'store', name: string, error: unknown): void {
  warnOf(`A callback of ${kind} "${name}" threw; the ${kind} continues.`, error)
}

/** Shows something that went wrong at the user's side as a warning of the process. */
export function warnOf(title: string, error: unknown): void {
  const stack = readSafely(() => (error instanceof Error ? error.stack : undefined), undefined)
  const detail = typeof stack === 'string' ? stack : textOf(error)
  process.emitWarning(printable(title), {
    type: 'GenPoolWarning',
    code: 'GENPOOL_CALLBACK',
    detail: printableLines(detail),
  })
}

/** Shows something that went wrong and that nobody can be told of as a warning of the process, in one line. */
export function warn(text: string): void {
  process.emitWarning(printable(text), 'GenPoolWarning')
}
