/** Whether `value` is a plain object, as a literal makes it. It may come from another realm. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
}

/**
 * Copies a value from outside, so that its sender cannot change it later and does not find it frozen.
 *
 * Data are plain objects, arrays, maps, sets, dates and primitive values except symbols. A key `__proto__` is refused: it does
 * no harm here, but it does when the value is merged into another object later.
 *
 * @throws {TypeError} for any other value
 */
export function copyData<T>(value: T): T {
  return copy(value, new Map()) as T
}

/** @param copies the copies made so far, so that an object that appears twice, or inside itself, is copied once */
function copy(value: unknown, copies: Map<unknown, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} is not data`)
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
  if (!isPlain(value)) throw new TypeError('an instance of a class is not data')
  if (Object.hasOwn(value, '__proto__')) throw new TypeError('it has a key "__proto__"')
  for (const key of Object.keys(value)) made[key] = copy(value[key], copies)
  return made
}
