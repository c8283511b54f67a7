import { types } from 'node:util'
import { readSafely, textOf } from '@genpool/runtime'
import { NotCarried, TooLarge } from './errors'
import { ERRORS, isPlace, MOST_DEPTH, Tag, VIEWS } from './tags'
import type { Writer } from './writer'

/** Writes one value, as structured clone would copy it. Functions, symbols and what only one process has are refused. */
export class Encoder {
  #root: object | null = null
  /** The number of each object that was written. Made for the second one: most messages have one. */
  #seen: Map<object, number> | null = null
  readonly #path: PropertyKey[] = []

  constructor(private readonly to: Writer) {}

  /** @throws {NotCarried} with the path of what cannot travel */
  write(value: unknown): void {
    this.#root = null
    this.#seen = null
    this.#path.length = 0
    try {
      this.#value(value)
    } catch (error) {
      const refusal = readSafely(() => (error instanceof NotCarried ? error : undefined), undefined)
      if (refusal instanceof TooLarge) throw refusal
      throw new NotCarried(refusal?.message ?? `reading it threw: ${textOf(error)}`, [...this.#path])
    }
    if (this.to.at > this.to.max) throw new TooLarge(this.to.max)
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.to.byte(Tag.text)
        return this.to.text(value)
      case 'number':
        return this.#number(value)
      case 'object':
        return value === null ? this.to.byte(Tag.null) : this.#known(value)
      case 'undefined':
        return this.to.byte(Tag.undefined)
      case 'boolean':
        return this.to.byte(value ? Tag.true : Tag.false)
      case 'bigint':
        this.to.byte(Tag.bigint)
        return this.to.text(value.toString(16))
      default:
        throw new NotCarried(`a ${typeof value} cannot travel`)
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.to.byte(Tag.int)
      this.to.count(value < 0 ? -2 * value - 1 : 2 * value)
    } else {
      this.to.byte(Tag.float)
      this.to.f64(value)
    }
  }

  #known(value: object): void {
    const before = value === this.#root ? 0 : this.#seen?.get(value)
    if (before !== undefined) {
      this.to.byte(Tag.again)
      return this.to.count(before)
    }
    if (this.#root === null) this.#root = value
    else {
      this.#seen ??= new Map()
      this.#seen.set(value, this.#seen.size + 1)
    }
    if (this.#path.length > MOST_DEPTH) throw new NotCarried(`it is nested deeper than ${MOST_DEPTH} levels`)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype) this.#object(value)
    else if (Array.isArray(value)) this.#array(value)
    else this.#special(value)
  }

  #object(value: object): void {
    this.to.byte(Tag.object)
    this.#fields(value, Object.keys(value))
  }

  #fields(value: object, keys: readonly string[]): void {
    this.to.count(keys.length)
    for (const key of keys) {
      if (key === '__proto__') throw new NotCarried('the name "__proto__" is not sent')
      this.to.text(key)
      this.#inside(key, (value as Record<string, unknown>)[key])
    }
  }

  #array(value: readonly unknown[]): void {
    // Read once: a getter of an item may change it.
    const { length } = value
    const names = namesOf(value, length)
    this.to.byte(names.length === 0 ? Tag.array : Tag.namedArray)
    this.to.count(length)
    for (let i = 0; i < length; i++) {
      if (i in value) this.#inside(i, value[i])
      else this.to.byte(Tag.hole)
    }
    if (names.length > 0) this.#fields(value, names)
  }

  #inside(key: PropertyKey, value: unknown): void {
    // The path is only kept for what has parts, and for what may be refused.
    if (typeof value === 'string' || typeof value === 'number') return this.#value(value)
    this.#path.push(key)
    this.#value(value)
    this.#path.pop()
  }

  #special(value: object): void {
    if (types.isDate(value)) {
      this.to.byte(Tag.date)
      this.to.f64(value.getTime())
    } else if (types.isMap(value)) {
      const items = [...value]
      this.to.byte(Tag.map)
      this.to.count(items.length)
      for (const [key, item] of items) {
        this.#inside('key', key)
        this.#inside(typeof key === 'string' ? key : 'value', item)
      }
    } else if (types.isSet(value)) {
      const items = [...value]
      this.to.byte(Tag.set)
      this.to.count(items.length)
      for (const item of items) this.#inside('item', item)
    } else if (ArrayBuffer.isView(value)) this.#bytes(Tag.view, value)
    else if (types.isArrayBuffer(value)) this.#bytes(Tag.buffer, new Uint8Array(value))
    else this.#rare(value)
  }

  #rare(value: object): void {
    if (types.isNativeError(value) || value instanceof Error) {
      const { name } = value
      this.to.byte(Tag.error)
      this.to.text(typeof name === 'string' && Object.hasOwn(ERRORS, name) ? name : 'Error')
      this.to.text(String(value.message))
      this.#inside('cause', value.cause)
    } else if (types.isRegExp(value)) {
      this.to.byte(Tag.regexp)
      this.to.text(value.source)
      this.to.text(value.flags)
    } else if (types.isBoxedPrimitive(value)) {
      this.to.byte(Tag.boxed)
      this.#value((value as { valueOf(): unknown }).valueOf())
    } else {
      const kind = ofOneProcess(value)
      if (kind !== undefined) throw new NotCarried(`${kind} cannot travel`)
      this.#object(value)
    }
  }

  #bytes(tag: number, value: ArrayBufferView): void {
    const view = VIEWS.findIndex((one) => value instanceof one)
    const { name } = value.constructor
    if (view < 0) throw new NotCarried(`a ${name} cannot travel`)
    if (isShared(value.buffer)) throw new NotCarried(`a ${name} on shared memory cannot travel: send a copy of it`)
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    this.to.byte(tag)
    if (tag === Tag.view) this.to.byte(view)
    this.to.count(bytes.length)
    this.to.bytes(bytes)
  }
}

/** The names of an array that are no places, as those of a match of a RegExp. */
function namesOf(array: readonly unknown[], length: number): readonly string[] {
  const keys = Object.keys(array)
  if (keys.length === 0 || keys[keys.length - 1] === String(length - 1)) return NONE
  return keys.filter((key) => !isPlace(key))
}
const NONE: readonly string[] = []

/** What it is, if it says nothing in another process: an iterator, or an object of a class that is JavaScript's or Node's own. */
function ofOneProcess(value: object): string | undefined {
  if (value instanceof Blob) return 'a Blob'
  if (/ (Iterator|(Async)?Generator)\]$/.test(Object.prototype.toString.call(value))) return 'an iterator'
  const { constructor } = (Object.getPrototypeOf(value) ?? {}) as { readonly constructor?: unknown }
  if (typeof constructor !== 'function' || constructor.name === 'Object') return undefined
  return Function.prototype.toString.call(constructor).endsWith('{ [native code] }')
    ? `a ${constructor.name}`
    : undefined
}

function isShared(value: unknown): boolean {
  return types.isSharedArrayBuffer(value)
}
