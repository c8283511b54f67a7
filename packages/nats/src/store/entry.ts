import type { Nanos } from '@genpool/runtime'
import type { CellKey } from '@genpool/state-ane'
import type { KvEntry } from '@nats-io/kv'
import { type Content, EMPTY, type LeaseMark } from './content'

/** A revision of an entry. */
export interface Revision {
  readonly revision: number
  readonly content: Content
}

/** One entry of the bucket, as far as it is known here. */
export class Entry {
  /** The last revision that is known; 0 if there is none. The next write expects it. */
  revision = 0
  content: Content = EMPTY
  /** The revision of the whole bucket up to which this entry is known. */
  knownUpTo = 0
  /** Why nothing can be committed to it: somebody has deleted it, or has written what is no entry. The values stay what they were. */
  fault: Error | undefined = undefined
  /** Whether a cell of it is used here. Others are not decoded. */
  isUsed = false
  /** The last revision, until a cell is used. */
  unread: KvEntry | undefined = undefined
  /** What has come while a write is on its way: it counts when the outcome of that is known. */
  #held: (() => void)[] = []
  #isWriting = false
  /** When each lease was first seen as it is. */
  readonly #seen = new Map<string, Nanos>()
  #turn: Promise<void> = Promise.resolve()
  #waiting: (() => void)[] = []

  /** @param events is told why nothing can be committed to it, and when that is over */
  constructor(
    readonly name: string,
    private readonly events: { tell(entry: string, fault: string | undefined): void },
  ) {}

  /** Runs `work` when nobody else in this process writes to the entry. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn
    let end = (): void => undefined
    this.#turn = new Promise((resolve) => (end = resolve))
    await before
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Until the function is called that it returns, what comes waits. */
  beginWrite(): () => void {
    this.#isWriting = true
    return () => {
      this.#isWriting = false
      const held = this.#held
      this.#held = []
      for (const work of held) work()
    }
  }

  /** Runs `work` now, or after the write that is on its way. */
  whenIdle(work: () => void): void {
    if (this.#isWriting) this.#held.push(work)
    else work()
  }

  /** Takes over a revision. */
  take({ revision, content }: Revision, now: Nanos): void {
    this.revision = revision
    this.knownUpTo = Math.max(this.knownUpTo, revision)
    this.content = content
    this.fault = undefined
    this.events.tell(this.name, undefined)
    const before = new Map(this.#seen)
    this.#seen.clear()
    for (const mark of content.leases.values()) this.#seen.set(nameOf(mark), before.get(nameOf(mark)) ?? now)
    this.wake()
  }

  /** Keeps a revision that nobody needs yet. */
  keep(found: KvEntry): void {
    this.unread = found
    this.revision = found.revision
  }

  /** A revision is none, or is gone. The last good values stay, and the next write expects this revision. */
  fail(revision: number, fault: Error): void {
    this.revision = revision
    this.fault = fault
    this.events.tell(this.name, fault.message)
    this.wake()
  }

  /** When a lease ends, if it is not renewed. */
  endOf(mark: LeaseMark, nsPerMs: number): Nanos {
    return (this.#seen.get(nameOf(mark)) ?? 0) + mark.ms * nsPerMs
  }

  lease(key: CellKey): LeaseMark | undefined {
    return this.content.leases.get(key)
  }

  /** Resolves when another revision is taken over. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

function nameOf({ id, renewed }: LeaseMark): string {
  return `${id}:${renewed}`
}
