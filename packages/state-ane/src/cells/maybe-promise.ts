/** A value, or a promise of it. Synchronous work stays synchronous: no promise is made for it. */
export type MaybePromise<T> = T | PromiseLike<T>

/** Whether `value` is a promise or another thenable object. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Calls `next` with the value: now if it is there, otherwise when it arrives. */
export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): R | Promise<R> {
  if (isPromise(value)) return Promise.resolve(value).then(next)
  const result = next(value)
  return isPromise(result) ? Promise.resolve(result) : result
}
