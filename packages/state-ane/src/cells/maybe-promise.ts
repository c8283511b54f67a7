/** A value now, or later. What is synchronous stays so: no promise is made for it. */
export type MaybePromise<T> = T | PromiseLike<T>

/** Whether something is to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Goes on with a value, now if it is there, or else when it comes. */
export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): R | Promise<R> {
  if (isPromise(value)) return Promise.resolve(value).then(next)
  const result = next(value)
  return isPromise(result) ? Promise.resolve(result) : result
}
