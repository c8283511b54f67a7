/** Whether it is an object as literals make them, also one of another realm. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
}

/**
 * A copy of a value from outside, which nobody else can change or have frozen.
 *
 * Data are plain objects, arrays, maps, sets, dates and whatever is no object and no function. A key `__proto__` is refused:
 * it does no harm here, but does to whoever merges the value into another object later.
 *
 * @throws {TypeError} if it contains anything else
 */
export function copyData<T>(value: T): T {
  return copy(value, new Map()) as T
}

/** @param copies what was copied before, so that an object that is there twice, or in itself, is copied once */
function copy(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} is no data`)
  if (typeof value !== 'object' || value === null) return value
  if (copies.has(value)) return copies.get(value)
  const remember = <O>(made: O): O => {
    copies.set(value, made)
    return made
  }
  if (Array.isArray(value)) {
    const array: unknown[] = remember([])
    for (const item of value) array.push(copy(item, copies))
    return array
  }
  if (value instanceof Map) {
    const map = remember(new Map<unknown, unknown>())
    for (const [key, item] of value) map.set(copy(key, copies), copy(item, copies))
    return map
  }
  if (value instanceof Set) {
    const set = remember(new Set<unknown>())
    for (const item of value) set.add(copy(item, copies))
    return set
  }
  if (value instanceof Date) return remember(new Date(value))
  return copyObject(value, remember({}), copies)
}

function copyObject(value: object, made: Record<string, unknown>, copies: Map<unknown, unknown>): unknown {
  if (!isPlain(value)) throw new TypeError('an instance of a class is no data')
  if (Object.hasOwn(value, '__proto__')) throw new TypeError('it has a key "__proto__"')
  for (const key of Object.keys(value)) made[key] = copy(value[key], copies)
  return made
}
