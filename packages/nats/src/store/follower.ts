import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { KvWatchEntry } from '@nats-io/kv'
import type { Bucket } from './bucket'

/** What the follower tells of the bucket. */
export interface FollowerPorts {
  readonly clock: Clock
  /** How often it looks whether the watch is alive, in milliseconds. */
  readonly everyMs: number
  /** A revision of an entry. They may come twice, and after a new start the last ones come again. */
  arrived(entry: KvWatchEntry): void
  /** The bucket is another one than before: it was deleted and made again. */
  replaced(): void
}

/** How long it waits before it tries again to follow. */
const PAUSE_MS = 250

/**
 * Follows the bucket with a watch, and begins again when the watch may be dead: after a reconnect, when it ends, and when the bucket
 * has gone on without it.
 */
export class Follower {
  /** The highest revision that has come or was written here. */
  #seen = 0
  /** `#seen` when it was looked at last, if the bucket was ahead then. */
  #behindAt: number | undefined
  #created: string | undefined
  /** The last revision of the bucket when it was looked at last, and whether there was none at all. */
  #last = 0
  #isEmpty = false
  #run = 0
  #stopWatch: (() => void) | undefined
  #timer: Timer | undefined
  #ended = false
  /** How often it has begun. */
  starts = 0

  constructor(
    private readonly bucket: Bucket,
    private readonly ports: FollowerPorts,
  ) {}

  /** Resolves when the last revision of each entry has come. @throws what the first attempt fails with */
  async start(): Promise<void> {
    await this.#follow(++this.#run)
    this.#look()
  }

  /** Begins again from the last revision of each entry. */
  restart(): void {
    if (this.#ended) return
    const run = ++this.#run
    void this.#again(run)
  }

  /** Whether it is still the same bucket. If not, it tells so, and begins again. */
  async isSame(): Promise<boolean> {
    const isSame = !(await this.#isOther())
    if (!isSame) this.restart()
    return isSame
  }

  get seen(): number {
    return this.#seen
  }

  saw(revision: number): void {
    this.#seen = Math.max(this.#seen, revision)
  }

  end(): void {
    this.#ended = true
    this.#run++
    this.#timer?.cancel()
    this.#stopWatch?.()
  }

  async #again(run: number): Promise<void> {
    while (run === this.#run && !this.bucket.isClosed) {
      try {
        return await this.#follow(run)
      } catch {
        await this.#pause()
      }
    }
  }

  async #follow(run: number): Promise<void> {
    this.#stopWatch?.()
    await this.#isOther()
    if (run !== this.#run) return
    const watch = await this.bucket.watch()
    if (run !== this.#run) return watch.stop()
    this.starts++
    this.#stopWatch = () => watch.stop()
    await new Promise<void>((resolve) => {
      if (this.#isEmpty) resolve()
      void this.#listen(run, watch, resolve)
    })
  }

  async #listen(run: number, watch: AsyncIterable<KvWatchEntry>, complete: () => void): Promise<void> {
    try {
      for await (const entry of watch) {
        if (run !== this.#run) break
        this.saw(entry.revision)
        this.ports.arrived(entry)
        if (entry.delta === 0) complete()
      }
    } finally {
      complete()
      if (run === this.#run) this.restart()
    }
  }

  /** Whether it was deleted and made again, or an older one was brought back. Tells so. */
  async #isOther(): Promise<boolean> {
    // What comes while it is asked may be newer than the answer.
    const seen = this.#seen
    const { streamInfo, values } = await this.bucket.status()
    const created = String(streamInfo.created)
    this.#last = streamInfo.state.last_seq
    this.#isEmpty = values === 0
    const isOther = this.#created !== undefined && (this.#created !== created || this.#last < seen)
    this.#created = created
    if (!isOther) return false
    this.#seen = 0
    this.ports.replaced()
    return true
  }

  /** Looks now and then whether the bucket has gone on without the watch. */
  #look(): void {
    const { clock, everyMs } = this.ports
    if (this.#ended || this.bucket.isClosed) return
    const next = (): void => void this.#compare().finally(() => this.#look())
    this.#timer = clock.setTimer(clock.now() + everyMs * NS_PER_MS, next, false)
  }

  async #compare(): Promise<void> {
    try {
      const isOther = await this.#isOther()
      const isBehind = this.#last > this.#seen
      const isStuck = isBehind && this.#behindAt === this.#seen
      this.#behindAt = isBehind ? this.#seen : undefined
      if (isOther || isStuck) this.restart()
    } catch {
      // It is looked at again later. Whoever commits is told.
    }
  }

  #pause(): Promise<void> {
    const { clock } = this.ports
    return new Promise((resolve) => void clock.setTimer(clock.now() + PAUSE_MS * NS_PER_MS, resolve, false))
  }
}
