import { Decoder } from './decode'
import { Encoder } from './encode'
import { BadFrame, TooLarge } from './errors'
import { Reader } from './reader'
import { Writer } from './writer'

/** Turns messages and answers into bytes and back. Both sides need the same one. */
export interface Codec {
  /** Throws if the value cannot travel. */
  encode(value: unknown): Uint8Array
  /** Throws if the bytes are none of its own. They may come from anybody. */
  decode(bytes: Uint8Array): unknown
}

/** How bodies are written into frames and read from them. */
export interface Bodies {
  /** Writes a value. @throws {NotCarried} */
  write(to: Writer, value: unknown): void
  /** Reads a value. Whatever it throws, the bytes are bad. */
  read(bytes: Uint8Array): unknown
}

/** Our own format. It carries what structured clone copies, and writes straight into the frame. */
class OwnBodies implements Bodies {
  #last: { readonly to: Writer; readonly encoder: Encoder } | null = null

  write(to: Writer, value: unknown): void {
    if (this.#last?.to !== to) this.#last = { to, encoder: new Encoder(to) }
    this.#last.encoder.write(value)
  }

  read(bytes: Uint8Array): unknown {
    const reader = new Reader(bytes)
    const value = new Decoder(reader).read()
    if (reader.left > 0) throw new BadFrame('bytes follow its end')
    return value
  }

  encode(value: unknown): Uint8Array {
    const writer = new Writer()
    new Encoder(writer).write(value)
    return writer.take()
  }
}

class ForeignBodies implements Bodies {
  constructor(private readonly codec: Codec) {}

  write(to: Writer, value: unknown): void {
    const bytes = this.codec.encode(value)
    if (!(bytes instanceof Uint8Array)) throw new TypeError('the codec returned no Uint8Array')
    if (to.at + bytes.length > to.max) throw new TooLarge(to.max)
    to.bytes(bytes)
  }

  read(bytes: Uint8Array): unknown {
    return this.codec.decode(bytes)
  }
}

const own = new OwnBodies()

/**
 * The codec that is used without an option: what structured clone copies, except the name "__proto__".
 *
 * @example defaultCodec.decode(defaultCodec.encode(new Map([['a', 1]])))
 */
export const defaultCodec: Codec = { encode: (value) => own.encode(value), decode: (bytes) => own.read(bytes) }

export function bodiesOf(codec: Codec): Bodies {
  return codec === defaultCodec ? own : new ForeignBodies(codec)
}

/** Bodies of our own frames: errors and loads. */
export const ownBodies: Bodies = own
