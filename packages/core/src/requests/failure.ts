import type { GenPoolError } from '@genpool/runtime'

/**
 * What a promise is resolved with to make it fail.
 *
 * Fast path: a rejected promise would do the same, but Node first takes it for one that nobody handles, and then learns better. In a
 * flood that takes longer than the error itself.
 */
export class Failure implements PromiseLike<never> {
  constructor(private readonly error: GenPoolError) {}

  then<A, B>(
    _onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    onRejected?.(this.error)
    return this as PromiseLike<A | B>
  }
}
