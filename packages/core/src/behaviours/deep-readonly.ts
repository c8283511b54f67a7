/** `T` as it is after it was frozen deeply: nothing in it can be changed. Functions, dates and primitive values are as they were. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Primitive | ((...args: never[]) => unknown) | Date | RegExp | Promise<unknown>
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
      : T extends ReadonlySet<infer V>
        ? ReadonlySet<DeepReadonly<V>>
        : T extends object
          ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
          : T
type Primitive = string | number | boolean | bigint | symbol | null | undefined
