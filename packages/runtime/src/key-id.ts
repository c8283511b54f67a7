import { textOf } from './errors'

/** What the ids of contents begin with. A text that begins with it gets one more: so no text is the id of an object. */
const MARK = '\0'

/** A value has no content, so it cannot be told apart from others. The message says which. */
class NoContent extends TypeError {}

/**
 * The id of a key: two keys are one if they have the same id, as in a `Map`. Lists and objects have the same one if they have the same
 * content. Any other value is its own id.
 *
 * @throws what `whyNotAKey` explains, if an object has no content
 */
export function keyId(key: unknown): unknown {
  if (typeof key === 'string') return key.charCodeAt(0) === 0 ? MARK + key : key
  if (typeof key !== 'object' || key === null) return key
  return MARK + contentOf(key)
}

/** What is wrong with a key for which `keyId` has thrown, as the end of a sentence. */
export function whyNotAKey(cause: unknown): string {
  const why = cause instanceof NoContent ? cause.message : `reading it threw: ${textOf(cause)}`
  return `must be a plain value, or hold plain values only; ${why}. Give an id as text, or an object with "toJSON"`
}

/** A key for a reader, from its id: an object as its content, any other value as it is. */
export function keyName(id: unknown): unknown {
  return typeof id === 'string' && id.charCodeAt(0) === 0 ? id.slice(1) : id
}

/**
 * The content of an object as text, the same for all objects with the same content: as JSON, but properties have an order,
 * and maps, sets, dates, bytes, errors and regular expressions have a content, too.
 *
 * @throws {NoContent} if there is more to it than can be read: it is an instance of a class without `toJSON`, or circular
 * @throws what reading it throws
 */
function contentOf(value: object): string {
  return isFlat(value) ? JSON.stringify(value) : ofObject(value, [])
}

/** Fast path: whether JSON says all of it, and its properties have their order. Most keys are so, and JSON is four times as fast. */
function isFlat(value: object): boolean {
  const isList = Array.isArray(value)
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return false
  let before = ''
  for (const key in value) {
    const part: unknown = (value as Record<string, unknown>)[key]
    if (typeof part !== 'string' && !Number.isFinite(part)) return false
    if (!isList && key < before) return false
    before = key
  }
  return isList ? value.length === Object.keys(value).length : Object.getOwnPropertySymbols(value).length === 0
}

function ofPart(value: unknown, inside: readonly object[]): string {
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : ofObject(value, inside)
    case 'string':
      return JSON.stringify(value)
    case 'number':
      // Minus zero is zero, as in a map.
      return String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
    case 'symbol':
      throw new NoContent(`a ${typeof value} in an object has no content`)
    default:
      return String(value)
  }
}

function ofObject(value: object, outside: readonly object[]): string {
  if (outside.includes(value)) throw new NoContent('it is circular')
  const inside = [...outside, value]
  if (Array.isArray(value)) return `[${parts(value, inside)}]`
  const builtIn = ofBuiltIn(value, inside)
  if (builtIn !== null) return builtIn
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return parts([toJSON.call(value)], inside)
  if (!isPlain(value)) throw new NoContent(`${nameOfClass(value)} has no content that can be read`)
  return ofProperties(value as Record<string, unknown>, inside)
}

/** By their tags: objects that Node makes, such as copies, may have other classes than this code. */
function ofBuiltIn(value: object, inside: readonly object[]): string | null {
  if (ArrayBuffer.isView(value)) return ofBytes(value.buffer, value.byteOffset, value.byteLength, tagOf(value))
  const tag = tagOf(value)
  switch (tag) {
    case 'Map':
      return `Map{${sorted([...(value as Map<unknown, unknown>)].map((entry) => parts(entry, inside)))}}`
    case 'Set':
      return `Set{${sorted([...(value as Set<unknown>)].map((part) => parts([part], inside)))}}`
    case 'Date':
      return `Date(${Number(value)})`
    case 'RegExp':
    case 'Error':
      return `${tag}(${JSON.stringify(String(value))})`
    case 'ArrayBuffer':
      return ofBytes(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength, tag)
    default:
      return null
  }
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function ofBytes(buffer: ArrayBufferLike, from: number, length: number, tag: string): string {
  return `${tag}(${new Uint8Array(buffer, from, length).join()})`
}

function sorted(texts: string[]): string {
  return texts.sort().join(';')
}

function parts(values: readonly unknown[], inside: readonly object[]): string {
  return values.map((part) => ofPart(part, inside)).join()
}

/** Whether it is no instance of a class: what a class keeps in `#id`, or in Node itself, nobody can read. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (Object.getPrototypeOf(prototype) === null && tagOf(value) === 'Object')
}

function nameOfClass(value: object): string {
  const { constructor: made } = value as { constructor?: unknown }
  return typeof made === 'function' && made.name !== '' ? `an instance of ${made.name}` : 'an instance of a class'
}

function ofProperties(value: Readonly<Record<string, unknown>>, inside: readonly object[]): string {
  if (Object.getOwnPropertySymbols(value).some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))) {
    throw new NoContent('a property with a symbol as its name has no content')
  }
  const properties: string[] = []
  for (const key of Object.keys(value).sort()) {
    const part = value[key]
    if (part !== undefined) properties.push(`${JSON.stringify(key)}:${ofPart(part, inside)}`)
  }
  return `{${properties.join()}}`
}
