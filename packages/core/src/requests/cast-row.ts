import { keepShape } from '@genpool/runtime'
import { Request } from './request'

/** The casts that a member runs in a row: counts them, and has the next one. */
export interface Casts {
  /** A cast has run. Returns the next one; null if the row ends here. */
  next(row: CastRow): CastRow | null
}

/**
 * Casts that are run one after the other, and share one request: while only contexts know it that nobody has read.
 *
 * Fast path: without it, the requests of 10 000 casts are 2 MB of garbage.
 */
export class CastRow {
  /** Whether somebody else may know the request. */
  isShown = true
  /** The context of the cast in hand; null if it was given the request itself. */
  private context: object | null = null
  /** The requests of contexts that are read when their cast is over. Made for the first one. */
  private over: WeakMap<object, Request> | null = null

  constructor(readonly request: Request) {}

  /** The handler of the cast in hand gets this context. */
  begin(context: object): void {
    this.context = context
    this.isShown = false
  }

  /** The request that a context is about. */
  requestOf(context: object): Request {
    if (context !== this.context) return this.overFor(context)
    this.isShown = true
    return this.request
  }

  private overFor(context: object): Request {
    this.over ??= new WeakMap()
    let request = this.over.get(context)
    if (request === undefined) this.over.set(context, (request = doneLike(this.request)))
    return request
  }
}

keepShape(new CastRow({} as Request))

/** A cast that is done, in the place of one that was. */
function doneLike({ owner, kind, handler, sentAt, runner }: Request): Request {
  const request = new Request(owner, kind, handler, undefined, null, sentAt)
  request.outcome = 'replied'
  request.attempt = 1
  request.runner = runner
  return request
}
