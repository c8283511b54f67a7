import { BadFrame } from './errors'
import type { Reader } from './reader'
import { type ErrorName, ERRORS, isPlace, MOST_DEPTH, Tag, VIEWS } from './tags'

/**
 * Reads one value. Safe on any bytes: no code is run, no prototype is touched, nothing is made that the bytes do not pay for, and
 * what is wrong is a `BadFrame`.
 */
export class Decoder {
  readonly #seen: unknown[] = []
  #depth = 0

  constructor(private readonly from: Reader) {}

  read(): unknown {
    return this.#tagged(this.from.byte())
  }

  #tagged(tag: number): unknown {
    const { from } = this
    switch (tag) {
      case Tag.text:
        return from.text()
      case Tag.int: {
        const value = from.count()
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
      case Tag.float:
        return from.f64()
      case Tag.null:
        return null
      case Tag.undefined:
        return undefined
      case Tag.true:
        return true
      case Tag.false:
        return false
      case Tag.bigint:
        return bigintOf(from.text())
      case Tag.again:
        return this.#again(from.count())
      default:
        return this.#nested(tag)
    }
  }

  #again(number: number): unknown {
    if (number >= this.#seen.length) throw new BadFrame('it refers to a value that has not come')
    return this.#seen[number]
  }

  #nested(tag: number): unknown {
    if (++this.#depth > MOST_DEPTH + 2) throw new BadFrame(`it is nested more than ${MOST_DEPTH} levels deep`)
    const value = this.#parts(tag)
    this.#depth--
    return value
  }

  #parts(tag: number): unknown {
    switch (tag) {
      case Tag.object:
        return this.#object()
      case Tag.array:
        return this.#array()
      case Tag.namedArray:
        return this.#namedArray()
      case Tag.map:
        return this.#map()
      case Tag.set:
        return this.#set()
      case Tag.date:
        return this.#keep(new Date(this.from.f64()))
      case Tag.view:
        return this.#view()
      case Tag.buffer:
        return this.#keep(this.from.bytes(this.from.countOf()).buffer)
      case Tag.error:
        return this.#error()
      case Tag.regexp:
        return this.#keep(regexpOf(this.from.text(), this.from.text()))
      case Tag.boxed:
        return this.#boxed()
      default:
        throw new BadFrame(
          `the kind of value ${tag} is not known here: has the other side a newer version of @genpool/nats?`,
        )
    }
  }

  /** Objects have the numbers in which they began, so each is kept before its parts are read. */
  #keep<T>(value: T): T {
    this.#seen.push(value)
    return value
  }

  #object(): object {
    const object = this.#keep<Record<string, unknown>>({})
    for (let left = this.from.countOf(); left > 0; left--) object[this.#name()] = this.read()
    return object
  }

  #name(): string {
    const name = this.from.text()
    if (name === '__proto__') throw new BadFrame('it has the name "__proto__"')
    return name
  }

  #namedArray(): unknown[] {
    const array = this.#array() as unknown[] & Record<string, unknown>
    for (let left = this.from.countOf(); left > 0; left--) {
      const name = this.#name()
      if (isPlace(name)) throw new BadFrame(`a name in an array is ${name}`)
      array[name] = this.read()
    }
    return array
  }

  #array(): unknown[] {
    const count = this.from.countOf()
    const array = this.#keep<unknown[]>([])
    for (let i = 0; i < count; i++) {
      const tag = this.from.byte()
      if (tag === Tag.hole) array.length = i + 1
      else array[i] = this.#tagged(tag)
    }
    return array
  }

  #map(): Map<unknown, unknown> {
    const count = this.from.countOf()
    const map = this.#keep(new Map<unknown, unknown>())
    for (let i = 0; i < count; i++) map.set(this.read(), this.read())
    return map
  }

  #set(): Set<unknown> {
    const count = this.from.countOf()
    const set = this.#keep(new Set<unknown>())
    for (let i = 0; i < count; i++) set.add(this.read())
    return set
  }

  #view(): ArrayBufferView {
    const View = VIEWS[this.from.byte()]
    if (View === undefined) throw new BadFrame('a kind of typed array in it is not known')
    const { buffer } = this.from.bytes(this.from.countOf())
    const size = 'BYTES_PER_ELEMENT' in View ? View.BYTES_PER_ELEMENT : 1
    if (buffer.byteLength % size !== 0) throw new BadFrame('the bytes of a typed array in it do not fit its elements')
    return this.#keep(new (View as Uint8ArrayConstructor)(buffer))
  }

  #error(): Error {
    const name = this.from.text()
    const error = this.#keep(new Error())
    const Class = Object.hasOwn(ERRORS, name) ? ERRORS[name as ErrorName] : Error
    Object.setPrototypeOf(error, Class.prototype as object)
    define(error, 'message', this.from.text())
    const cause = this.read()
    if (cause !== undefined) define(error, 'cause', cause)
    // Where it was made elsewhere is nobody's concern here.
    define(error, 'stack', `${name}: ${error.message}`)
    return error
  }

  #boxed(): object {
    const place = this.#seen.push(undefined) - 1
    const primitive = this.read()
    if (primitive === null || typeof primitive === 'object')
      throw new BadFrame('a boxed value in it holds no primitive')
    return (this.#seen[place] = Object(primitive) as object)
  }
}

function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false })
}

function bigintOf(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw new BadFrame('a bigint in it is not hexadecimal')
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

function regexpOf(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    throw new BadFrame('a regular expression in it is not valid')
  }
}
