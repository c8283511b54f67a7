import { BadFrame } from './errors'

const SHORT = 24
const CUT_OFF = 'it is cut off: it says that more bytes follow than came'

/** Reads what a `Writer` has written. Never reads past the end, and never makes more than what the bytes can hold. */
export class Reader {
  readonly #bytes: Buffer
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  byte(): number {
    const value = this.#bytes[this.at++]
    if (value === undefined) throw new BadFrame(CUT_OFF)
    return value
  }

  count(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new BadFrame('a count in it is too large')
  }

  /** A number of things that follow, each of which takes a byte at least. */
  countOf(): number {
    const count = this.count()
    if (count > this.left) throw new BadFrame(CUT_OFF)
    return count
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  text(): string {
    const length = this.count()
    if (length % 2 === 1) {
      const bytes = (length - 1) / 2
      if (bytes % 2 === 1) throw new BadFrame('a text in it has half a character')
      const start = this.#take(bytes)
      return this.#bytes.toString('utf16le', start, start + bytes)
    }
    const bytes = length / 2
    const start = this.#take(bytes)
    return bytes > SHORT ? this.#bytes.toString('utf8', start, start + bytes) : this.#short(start, bytes)
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  skip(bytes: number): void {
    this.#take(bytes)
  }

  /** What is left, without a copy. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.at)
  }

  #short(start: number, length: number): string {
    let text = ''
    for (let i = start; i < start + length; i++) {
      const code = this.#bytes[i] as number
      if (code > 127) return this.#bytes.toString('utf8', start, start + length)
      text += String.fromCharCode(code)
    }
    return text
  }

  #take(bytes: number): number {
    const start = this.at
    if (!(bytes <= this.#bytes.length - start)) throw new BadFrame(CUT_OFF)
    this.at = start + bytes
    return start
  }
}
