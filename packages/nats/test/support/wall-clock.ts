const Real = Date
let aheadMs = 0

/** Moves what `Date` says in this process, to everybody in it, by so many milliseconds from the truth. */
export function moveWallClock(ms: number): void {
  aheadMs = ms
  if (globalThis.Date !== Real) return
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: unknown[], made) =>
      Reflect.construct(target, args.length > 0 ? args : [Real.now() + aheadMs], made) as object,
    apply: () => new Real(Real.now() + aheadMs).toString(),
    get: (target, name) => (name === 'now' ? () => Real.now() + aheadMs : (Reflect.get(target, name) as unknown)),
  })
}

export function restoreWallClock(): void {
  globalThis.Date = Real
}
