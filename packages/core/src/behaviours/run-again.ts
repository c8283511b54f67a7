import { z } from 'zod'

/**
 * What `ctx.backOff` holds, and what becomes of the message in hand.
 *
 * @example ctx.backOff(1000, { key: message.tenant, again: true })
 */
export const backOffOptions = z.strictObject({
  key: z
    .unknown()
    .optional()
    .describe(
      'The key that backs off, of `limits` or else of `rate.by`; `null` for the whole pool. Default: the key of the message in hand. Without limits per key it is the whole pool.',
    ),
  again: z
    .boolean()
    .default(false)
    .describe(
      'Runs the message in hand again after the wait, whatever `key` names, within its deadline: return what `ctx.backOff` returns, or throw it.',
    ),
})
export type BackOffOptions = z.input<typeof backOffOptions>

/**
 * What a handler returns or throws to have its message run again. Nothing is committed, and nobody gets an answer.
 *
 * It is no step: steps go through the commit. It is a thenable that rejects with itself. So what awaits it throws it, and what takes
 * no promise (an answer, a state) does not take it either.
 */
export class RunAgain {
  then(_done: unknown, failed?: ((reason: unknown) => unknown) | null): Promise<unknown> {
    return Promise.reject(this as unknown as Error).then(undefined, failed)
  }

  toString(): string {
    return 'what ctx.backOff(ms, { again: true }) returns: return it from the handler, or throw it, before the commit'
  }
}
