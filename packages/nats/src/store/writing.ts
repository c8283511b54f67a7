import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { UnknownWrite } from '@genpool/state-ane'
import type { KvEntry } from '@nats-io/kv'
import type { Answer, Bucket, Expected } from './bucket'
import { type Content, MOST_WRITERS } from './content'
import type { Entry } from './entry'
import type { Connected } from './connected'

/** What writing needs. */
export interface WritingPorts {
  readonly bucket: Bucket
  readonly connected: Connected
  readonly clock: Clock
  /** How long a write is tried. */
  readonly timeoutMs: number
  /** The name of this process in entries. */
  readonly writer: string
  /** What a revision of the entry says. @throws if it was deleted, or is none */
  read(found: KvEntry | null): Content
}

/** What came of a write. */
export type Written =
  | { readonly kind: 'stored'; readonly revision: number }
  /** Somebody else came first. */
  | { readonly kind: 'lost'; readonly found: KvEntry | null; readonly last: number }
  /** It was stored, and `found` is the last revision now. Perhaps others have written since. */
  | { readonly kind: 'found'; readonly found: KvEntry | null; readonly last: number }

const connectionLost = (): Answer => ({
  kind: 'unanswered',
  mayBeStored: true,
  error: new Error('the connection to NATS was lost before the server answered.'),
})

/** The entry names its last writers: whoever is not among them has not written, or long ago. */
const FORGOTTEN =
  `the server did not answer this write, and then ${MOST_WRITERS} other processes or more have written to the same entry: nobody ` +
  'knows any more whether it was among them. Read the state again.'

/** A leader that has died does not answer, and the next one does. */
const LONGEST_ATTEMPT_MS = 2000
const LEAST_ATTEMPT_MS = 100
const PAUSES_MS = [5, 20, 50, 100, 250]

/**
 * Writes one revision of one entry with compare-and-set, until it is known whether it is stored.
 *
 * Attempts may be repeated: all of them expect the same revision, so at most one is stored. If another revision is found, it says
 * with its list of writers whether this write came before.
 */
export class Writing {
  /** Whether an attempt got no answer. */
  #mayBeStored = false
  readonly #end: Nanos

  constructor(
    private readonly ports: WritingPorts,
    private readonly entry: Entry,
    private readonly expected: Expected,
    private readonly write: number,
  ) {
    this.#end = ports.clock.now() + ports.timeoutMs * NS_PER_MS
  }

  /** @throws {UnknownWrite} if it may be stored, any other error if it is not */
  async run(bytes: Uint8Array): Promise<Written> {
    const { bucket, connected } = this.ports
    for (let i = 0; ; i++) {
      const error = await connected.until(this.#end)
      if (error !== undefined) throw this.#failed(error)
      const attempt = bucket.compareAndSet(this.entry.name, bytes, this.expected, this.#attemptMs())
      const answer = await connected.orLost(attempt, connectionLost)
      if (answer.kind === 'stored') return answer
      if (answer.kind === 'lost') return this.#find()
      await this.#orGiveUp(answer, i)
    }
  }

  async #orGiveUp(answer: Exclude<Answer, { kind: 'stored' | 'lost' }>, attempt: number): Promise<void> {
    if (answer.kind === 'refused') throw this.#failed(answer.error)
    this.#mayBeStored ||= answer.mayBeStored
    if (!(await this.#pause(attempt))) throw this.#failed(answer.error)
  }

  /** Somebody has written. Looks what, and whether this write is in it. */
  async #find(): Promise<Written> {
    for (let i = 0; ; i++) {
      try {
        const { found, last } = await this.#latest()
        return { kind: this.#mayBeStored ? this.#judged(found) : 'lost', found, last }
      } catch (error) {
        if (error instanceof UnknownWrite || !(await this.#pause(i))) throw this.#failed(error)
      }
    }
  }

  /**
   * The last revision of the entry, and up to where the entry is known by that: both by the same leader. A new one may not have
   * applied all yet that the last one has acknowledged (nats-server before 2.11), and what it has not would be overwritten.
   */
  async #latest(): Promise<{ readonly found: KvEntry | null; readonly last: number }> {
    const { bucket, connected } = this.ports
    const ask = <T>(question: () => Promise<T>): Promise<T> => connected.ask(question, this.#end)
    if (!bucket.isReplicated) return { found: await ask(() => bucket.last(this.entry.name)), last: 0 }
    // First this: the entry is then known at least up to there.
    const { last, leader } = await ask(() => bucket.end())
    const found = await ask(() => bucket.last(this.entry.name))
    if ((await ask(() => bucket.end())).leader === leader) return { found, last }
    throw new Error(`bucket "${bucket.name}": it has another leader now.`)
  }

  #judged(found: KvEntry | null): 'found' | 'lost' {
    const { writers } = this.#readOrUnknown(found)
    const last = writers.get(this.ports.writer)
    if (last === this.write) return 'found'
    if (last === undefined && writers.size >= MOST_WRITERS)
      throw new UnknownWrite(new Error(`bucket "${this.ports.bucket.name}": ${FORGOTTEN}`))
    return 'lost'
  }

  #readOrUnknown(found: KvEntry | null): Content {
    try {
      return this.ports.read(found)
    } catch (error) {
      throw new UnknownWrite(error)
    }
  }

  #attemptMs(): number {
    const left = (this.#end - this.ports.clock.now()) / NS_PER_MS
    return Math.max(Math.min(left, this.ports.timeoutMs / 3, LONGEST_ATTEMPT_MS), LEAST_ATTEMPT_MS)
  }

  /** Waits a little. False if the time is over. */
  async #pause(attempt: number): Promise<boolean> {
    const { clock } = this.ports
    const at = clock.now() + (PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] as number) * NS_PER_MS
    if (at >= this.#end) return false
    await new Promise<void>((resolve) => void clock.setTimer(at, resolve))
    return true
  }

  #failed(error: unknown): unknown {
    return this.#mayBeStored && !(error instanceof UnknownWrite) ? new UnknownWrite(error) : error
  }
}
