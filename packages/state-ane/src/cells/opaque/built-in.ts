interface BuiltIns {
  readonly Date: Date
  readonly Map: Map<unknown, unknown>
  readonly Set: Set<unknown>
  readonly ArrayBuffer: ArrayBuffer
  readonly SharedArrayBuffer: SharedArrayBuffer
  readonly Promise: Promise<unknown>
}

/** Whether `value` is a built-in object of that kind. It may come from another realm, where `instanceof` says no. */
export function isBuiltIn<K extends keyof BuiltIns>(kind: K, value: object): value is BuiltIns[K] {
  return Object.prototype.toString.call(value) === `[object ${kind}]`
}
