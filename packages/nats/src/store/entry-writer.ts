import type { Clock } from '@genpool/runtime'
import type { KvEntry } from '@nats-io/kv'
import type { Bucket } from './bucket'
import type { Connected } from './connected'
import { type Content, written } from './content'
import type { Entry } from './entry'
import type { Replica } from './replica'
import type { Sizes } from './sizes'
import { Writing } from './writing'

/** What writing entries needs. */
export interface EntryWriterPorts {
  readonly bucket: Bucket
  readonly connected: Connected
  readonly replica: Replica
  readonly sizes: Sizes
  readonly clock: Clock
  readonly timeoutMs: number
  /** The name of this process in entries. */
  readonly writer: string
}

const nothing = (): void => undefined

/** Writes entries, one revision after another. */
export class EntryWriter {
  #writes = 0
  #ended = false

  constructor(private readonly ports: EntryWriterPorts) {}

  end(): void {
    this.#ended = true
  }

  /**
   * Writes what the entry should say, in place of the revision that is known. Nothing may wait between the look at that one and
   * this: what arrives meanwhile would be overwritten. Only with a turn of the entry.
   *
   * @param put called when it is stored, before anything that came later arrives
   * @returns false if somebody else came first: what they have written has arrived
   * @throws {UnknownWrite} if it may be stored, any other error if it is not
   */
  async write(entry: Entry, content: Content, put: () => void = nothing): Promise<boolean> {
    const { replica, sizes, writer, ...ports } = this.ports
    const write = ++this.#writes
    const next = written(content, writer, write)
    const bytes = sizes.encoded(next)
    if (bytes === undefined) return false
    const expected = replica.expected(entry)
    const end = entry.beginWrite()
    try {
      const read = (found: KvEntry | null): Content => replica.read(entry, found)
      const writing = new Writing({ ...ports, writer, read }, entry, expected, write)
      const outcome = await writing.run(bytes)
      if (outcome.kind === 'stored') replica.wrote(entry, outcome.revision, next)
      if (outcome.kind !== 'lost' && !this.#ended) put()
      if (outcome.kind !== 'stored') replica.found(entry, outcome)
      return outcome.kind !== 'lost'
    } finally {
      end()
    }
  }
}
