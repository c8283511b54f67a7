import { isBuiltIn } from './built-in'
import { valueAt } from './draft-within'

/** What a value was like before a recipe could change it. */
export interface Snapshot {
  /** Whether it is as it was. */
  isSame(): boolean
  /** Makes it as it was. */
  restore(): void
}

/** How many objects of a class instance are remembered, the nearest first: an instance may lead to half of the program. */
const OBJECTS = 100

/** Remembers a value that immer makes no draft of. */
export function snapshotOf(value: object): Snapshot {
  return builtIn(value) ?? new OfInstance(value)
}

/** The snapshot of a value whose content is not in its properties. It may come from another realm. */
function builtIn(value: object): Snapshot | undefined {
  if (isBuiltIn('Date', value)) return new OfDate(value)
  if (isBuiltIn('Map', value)) return new OfMap(value)
  if (isBuiltIn('Set', value)) return new OfSet(value)
  const bytes = bytesOf(value)
  return bytes === undefined ? undefined : new OfBytes(bytes)
}

/** The bytes behind a typed array, a data view or a buffer; undefined for anything else, and for memory that others share. */
function bytesOf(value: object): Uint8Array | undefined {
  if (isBuiltIn('ArrayBuffer', value)) return new Uint8Array(value)
  if (!ArrayBuffer.isView(value) || !isBuiltIn('ArrayBuffer', value.buffer)) return undefined
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

class OfDate implements Snapshot {
  readonly #time: number

  constructor(private readonly date: Date) {
    this.#time = date.getTime()
  }

  isSame(): boolean {
    return Object.is(this.date.getTime(), this.#time)
  }

  restore(): void {
    this.date.setTime(this.#time)
  }
}

/** A map inside an instance: immer makes drafts of those that stand in the state itself. */
class OfMap implements Snapshot {
  readonly #before: readonly (readonly [unknown, unknown])[]

  constructor(private readonly map: Map<unknown, unknown>) {
    this.#before = [...map]
  }

  isSame(): boolean {
    const now = [...this.map]
    return now.length === this.#before.length && this.#before.every(([key, value], i) => isEntry(now[i], key, value))
  }

  restore(): void {
    this.map.clear()
    for (const [key, value] of this.#before) this.map.set(key, value)
  }
}

function isEntry(entry: readonly [unknown, unknown] | undefined, key: unknown, value: unknown): boolean {
  return entry !== undefined && Object.is(entry[0], key) && Object.is(entry[1], value)
}

class OfSet implements Snapshot {
  readonly #before: readonly unknown[]

  constructor(private readonly set: Set<unknown>) {
    this.#before = [...set]
  }

  isSame(): boolean {
    const now = [...this.set]
    return now.length === this.#before.length && this.#before.every((value, i) => Object.is(now[i], value))
  }

  restore(): void {
    this.set.clear()
    for (const value of this.#before) this.set.add(value)
  }
}

class OfBytes implements Snapshot {
  readonly #before: Buffer

  constructor(private readonly bytes: Uint8Array) {
    this.#before = Buffer.from(bytes)
  }

  isSame(): boolean {
    return this.#before.equals(this.bytes)
  }

  restore(): void {
    this.bytes.set(this.#before)
  }
}

/** The own properties of one object. */
interface Remembered {
  readonly object: object
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

/** An instance of a class: its own enumerable properties, and what is in them. Private fields cannot be seen. */
class OfInstance implements Snapshot {
  readonly #parts: Remembered[] = []
  readonly #builtIns: Snapshot[] = []

  constructor(instance: object) {
    const found = new Set<object>([instance])
    for (const object of found) {
      if (this.#parts.length + this.#builtIns.length >= OBJECTS) return
      this.#remember(object, found)
    }
  }

  isSame(): boolean {
    return this.#parts.every(isSame) && this.#builtIns.every((each) => each.isSame())
  }

  restore(): void {
    this.#parts.forEach(restore)
    for (const each of this.#builtIns) if (!each.isSame()) each.restore()
  }

  /** @param found gets the objects in it */
  #remember(object: object, found: Set<object>): void {
    const snapshot = builtIn(object)
    if (snapshot !== undefined) this.#builtIns.push(snapshot)
    if (ArrayBuffer.isView(object)) return
    const keys = Object.keys(object)
    const values = keys.map((key) => valueAt(object, key))
    if (keys.length > 0 || snapshot === undefined) this.#parts.push({ object, keys, values })
    const inside = isBuiltIn('Map', object) || isBuiltIn('Set', object) ? [...values, ...object.values()] : values
    for (const value of inside) if (typeof value === 'object' && value !== null) found.add(value)
  }
}

function isSame({ object, keys, values }: Remembered): boolean {
  const now = Object.keys(object)
  return (
    now.length === keys.length && keys.every((key, i) => now[i] === key && Object.is(valueAt(object, key), values[i]))
  )
}

function restore(part: Remembered): void {
  if (isSame(part)) return
  const { object, keys, values } = part
  for (const key of Object.keys(object)) if (!keys.includes(key)) Reflect.deleteProperty(object, key)
  if (Array.isArray(object)) object.length = Math.max(object.length, keys.length)
  keys.forEach((key, i) => void Reflect.set(object, key, values[i]))
}
