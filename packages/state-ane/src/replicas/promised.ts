/** A promise, and what settles it. */
export function promised<T>(): {
  readonly promise: Promise<T>
  readonly done: { resolve(value: never): void; reject(error: unknown): void }
} {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, done: { resolve: resolve as never, reject } }
}
