import { nobody, type Reference } from '@genpool/runtime'
import { addressOf } from './reply-address'
import type { Request } from './request'

/** A message that waits, as nact shows it in `ctx.mailbox`. */
export interface MailboxEntry {
  readonly message: unknown
  /** Where an answer goes; the address of nobody if nobody asked. */
  readonly sender: Reference
}

/** The sender of a message as nact has it. */
export function senderOf(request: Request): Reference {
  return request.expectsAnswer ? (addressOf(request) as never) : (request.rarely?.sender ?? nobody)
}

/** nact's `ctx.mailbox` of what waits, oldest first. An address is made only for a sender that is read. */
export function mailboxOf(waiting: readonly Request[]): readonly MailboxEntry[] {
  return waiting.map((request) => ({
    message: request.message,
    get sender() {
      return senderOf(request)
    },
  }))
}
