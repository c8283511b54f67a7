import { keepShape, type Nanos, textOf } from '@genpool/runtime'
import { Request } from './request'

/** A cast that is replaced if a newer one of its key comes while it waits. */
export class LatestCast extends Request {
  /** Null before it is taken in. */
  lane: LatestKey | null = null
  /** When it came: its `sentAt` is its place in the queue, which it may have from one that it replaced. */
  readonly #cameAt = this.sentAt

  override get cameAt(): Nanos {
    return this.#cameAt
  }

  /** A newer one takes its place. It is no failure, and nobody has to be told. */
  replace(): boolean {
    return this.settle('replaced', undefined)
  }

  override fail(...[error]: Parameters<Request['fail']>): boolean {
    const { runner } = this
    const hasFailed = super.fail(error)
    // One that a member has is released when the member is done with it.
    if (hasFailed && runner === null) this.lane?.left(this)
    return hasFailed
  }
}

/** The `key` of such casts, so that one of them runs at a time: an object of its own for each type of message and `latest`. */
export class LatestKey {
  /** The one that waits. It may have been matched without notice. */
  #waiting: LatestCast | null = null
  /** The one before it that a member has, or had. */
  #served: LatestCast | null = null
  readonly #forget: () => void

  constructor(
    /** What the casts have given as `latest`. */
    readonly latest: unknown,
    forget: () => void,
  ) {
    this.#forget = forget
  }

  get waiting(): LatestCast | null {
    return this.#waiting
  }

  /** Whether a member has one of the key. */
  get isServed(): boolean {
    return this.#served !== null
  }

  /** The next one that waits. @param isServed whether the one that waited before is served */
  add(cast: LatestCast, isServed: boolean): void {
    if (isServed) this.#served = this.#waiting
    this.#waiting = cast
  }

  /** A cast of this key is done, or does not wait any more. */
  left(cast: LatestCast): void {
    if (this.#served === cast) this.#served = null
    if (this.#waiting === cast) this.#waiting = null
    if (this.#served === null && this.#waiting === null) this.#forget()
  }

  toString(): string {
    return textOf(this.latest)
  }
}

/** The turn of a key has ended for a request. */
export function leaveTurn(request: Request): void {
  // The kind first: `instanceof` reads all prototypes of a call.
  if (request.kind === 'cast' && request instanceof LatestCast) request.lane?.left(request)
}

keepShape(new LatestCast({} as never, 'cast', {} as never, undefined, null, 0))
keepShape(new LatestKey(undefined, () => undefined))
