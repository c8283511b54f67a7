import { TooLarge } from './errors'

const LEAST = 1024
/** A buffer that grew past this is not kept for the next message. */
const KEPT = 64 * 1024
/** Up to here, a loop is faster than the call into Node. */
const SHORT = 24

/** A string of Node 20, which the types of es2023 do not know. */
interface WellFormed {
  isWellFormed(): boolean
}

/** Writes numbers and texts one after the other into a buffer that grows, up to a limit. */
export class Writer {
  #buffer = Buffer.allocUnsafeSlow(LEAST)
  #view = viewOf(this.#buffer)
  at = 0
  /** The most bytes that may be written. */
  max = Infinity

  /** Begins anew. */
  begin(max: number): this {
    this.at = 0
    this.max = max
    return this
  }

  byte(value: number): void {
    if (this.at === this.#buffer.length) this.#grow(1)
    this.#buffer[this.at++] = value
  }

  /** A whole number >= 0, in 7 bits a byte, the lowest first. */
  count(value: number): void {
    let rest = value
    while (rest > 127) {
      this.byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  u16(value: number): void {
    this.#room(2)
    this.#view.setUint16(this.at, value)
    this.at += 2
  }

  u32(value: number): void {
    this.#room(4)
    this.#view.setUint32(this.at, value)
    this.at += 4
  }

  f64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.at, value)
    this.at += 8
  }

  /** A text in UTF-8; one with half a pair, which UTF-8 cannot carry, in UTF-16. */
  text(value: string): void {
    const { length } = value
    if (length <= SHORT && this.#ascii(value)) return
    // UTF-8 cannot carry half a pair.
    if (!(value as unknown as WellFormed).isWellFormed()) {
      this.count(length * 4 + 1)
      this.#room(length * 2)
      this.at += this.#buffer.write(value, this.at, 'utf16le')
      return
    }
    const bytes = Buffer.byteLength(value)
    this.count(bytes * 2)
    this.#room(bytes)
    this.at += this.#buffer.write(value, this.at, 'utf8')
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length)
    this.#buffer.set(value, this.at)
    this.at += value.length
  }

  /** Writes a u16 where it was left out before. */
  patchU16(at: number, value: number): void {
    this.#view.setUint16(at, value)
  }

  /** Returns a copy of what was written. */
  take(): Uint8Array {
    const taken = Buffer.allocUnsafe(this.at)
    this.#buffer.copy(taken, 0, 0, this.at)
    if (this.#buffer.length > KEPT) {
      this.#buffer = Buffer.allocUnsafeSlow(LEAST)
      this.#view = viewOf(this.#buffer)
    }
    return taken
  }

  #ascii(value: string): boolean {
    const { length } = value
    this.#room(length + 1)
    const start = this.at
    this.#buffer[this.at++] = length * 2
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) {
        this.at = start
        return false
      }
      this.#buffer[this.at++] = code
    }
    return true
  }

  #room(bytes: number): void {
    if (this.at + bytes > this.#buffer.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const needed = this.at + bytes
    if (needed > this.max) throw new TooLarge(this.max)
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.at)
    this.#buffer = grown
    this.#view = viewOf(grown)
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}
