import { keepShape, ReplyReference } from '@genpool/runtime'
import type { From } from '../behaviours/context'
import type { Request } from './request'

/** The reply address of one request, with `reply` and `fail`. */
class RequestAddress extends ReplyReference implements From {
  declare protected readonly target: Request

  constructor(request: Request) {
    super(request.owner.system, request)
  }

  reply(value: unknown): boolean {
    return this.target.answer(value)
  }

  fail(error: unknown): boolean {
    return this.target.fail(this.target.owner.failures.failedByAddress(this.target, error))
  }
}

/** Returns the reply address of `request`; always the same one. */
export function addressOf(request: Request): From {
  const address = (request.from as RequestAddress | null) ?? new RequestAddress(request)
  // A settled request will not close its address later, so close it now.
  if (request.outcome !== null) address.close()
  request.from = address
  return address
}

keepShape(new RequestAddress({ owner: { system: { reference: {} } } } as never))
