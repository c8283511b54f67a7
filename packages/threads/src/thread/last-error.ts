import { readSafely, textOf } from '@genpool/runtime'
import { encodeError } from '../values/errors'
import type { Outbox } from './outbox'

/**
 * Tells the owner of the error that ends this thread, in a form that arrives whatever is in it. What Node brings of it is a text.
 *
 * By itself, Node writes an error with its cause, the cause of that and so on, each inside of the other. If an error is in its own
 * causes, that takes seconds, and ends the main thread, which cannot read it ("Maximum call stack size exceeded").
 */
export function tellLastError(outbox: Pick<Outbox, 'add' | 'flush'>): void {
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    // The user's own listener lets the thread go on.
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
    outbox.add(['uncaught', encodeError(error)])
    readSafely(() => outbox.flush(), undefined)
    process.once('uncaughtException', () => {
      throw new Error(textOf(error))
    })
  })
}
