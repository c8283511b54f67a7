/** A value now or later. */
export type Eventually<T> = T | PromiseLike<T>

/** Whether a value has to be awaited. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Calls `make` and continues with its result or its error; in the same turn if `make` is synchronous. */
export function eventually(
  make: () => unknown,
  done: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  let value: unknown
  try {
    value = make()
  } catch (error) {
    return failed(error)
  }
  if (isThenable(value)) value.then(done, failed)
  else done(value)
}
