import { textOf } from '@genpool/runtime'
import type { Fault } from '@genpool/state-ane'
import type { Codec } from '../wire/codec'
import { pathOf } from '../wire/errors'
import { type Content, encodeContent } from './content'

/** What an entry has besides its values: keys, versions, leases and writers. */
const RESERVED = 2048

/** An entry is larger than it may be. Nothing was sent. */
export class EntryTooLarge extends Error {
  override readonly name = 'EntryTooLarge'
}

/**
 * Refuses values that cannot be written. Each value alone is looked at only after a group could not be encoded: then the group runs
 * again, and the commits fail that are the reason.
 */
export class Sizes {
  /** The most bytes of an entry. Known when the server is. */
  max = 0
  #isChecking = false

  constructor(private readonly codec: Codec) {}

  /** Returns the bytes of an entry. Undefined: the commits must run again, and be looked at one by one. */
  encoded(content: Content): Uint8Array | undefined {
    try {
      const bytes = encodeContent(this.codec, content)
      if (bytes.length > this.max) throw new EntryTooLarge(this.#tooLarge('the entry', bytes.length))
      this.#isChecking = false
      return bytes
    } catch (error) {
      if (!this.#isChecking) {
        this.#isChecking = true
        return undefined
      }
      this.#isChecking = false
      throw error
    }
  }

  /** What is wrong with a value, while it is looked at values one by one. */
  fault(value: unknown): Fault | undefined {
    if (!this.#isChecking) return undefined
    try {
      const { length } = this.codec.encode(value)
      if (length + RESERVED <= this.max) return undefined
      return { path: [], message: this.#tooLarge('the value', length) }
    } catch (error) {
      return { path: pathOf(error), message: `it cannot be kept on NATS: ${textOf(error)}` }
    }
  }

  #tooLarge(what: string, bytes: number): string {
    return (
      `${what} would have ${bytes} bytes, and an entry has at most ${this.max}, of which ${RESERVED} are reserved. ` +
      'Keep parts of it in cells of their own, or raise "maxBytes" and "max_payload" of the server'
    )
  }
}
