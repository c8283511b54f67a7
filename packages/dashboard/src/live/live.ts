import type { PoolRef } from '@genpool/core'
import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { ServerResponse } from 'node:http'
import { LoopDelay } from './loop-delay'
import { Stream } from './stream'
import { watch } from './watch'
import type { Watched } from './watched'

const SECOND = 1000 * NS_PER_MS
/** For one more page, the one that has not read for longest is disconnected. */
const MOST_STREAMS = 50

/** Measures all pools once a second, and tells the open pages. */
export class Live {
  readonly #pools: ReadonlyMap<string, Watched>
  readonly #streams = new Set<Stream>()
  readonly #loop = new LoopDelay()
  #timer: Timer

  constructor(
    pools: readonly PoolRef[],
    private readonly options: { readonly clock: Clock; readonly write: boolean },
  ) {
    this.#pools = watch(pools, () => this.#nowMs())
    this.#timer = this.#next()
  }

  /** The names of the pools on the page. */
  get names(): readonly string[] {
    return [...this.#pools.keys()]
  }

  /** The address of a pool by its name on the page; null means the first. */
  poolOf(id: string | null): PoolRef | undefined {
    return (id === null ? [...this.#pools.values()][0] : this.#pools.get(id))?.pool
  }

  /** Begins to tell a page about a pool, the first one if there is none with this name. */
  open(id: string | null, response: ServerResponse): void {
    if (this.#streams.size >= MOST_STREAMS) this.#disconnectOne()
    const pool = (id === null ? undefined : this.#pools.get(id)) ?? ([...this.#pools.values()][0] as Watched)
    const stream = new Stream(pool.id, response)
    this.#streams.add(stream)
    response.once('close', () => this.#streams.delete(stream))
    stream.hello({
      write: this.options.write,
      names: this.names,
      id: pool.id,
      now: this.#nowMs(),
      history: pool.history,
    })
    this.#tell([stream])
  }

  /** Makes room: the page that has not read for longest goes, or the one that is open for longest. It may connect again. */
  #disconnectOne(): void {
    const [first, ...others] = this.#streams
    const worst = others.reduce((found, each) => (each.unread > found.unread ? each : found), first as Stream)
    this.#streams.delete(worst)
    worst.disconnect()
  }

  /** Tells all pages now, after a visitor has changed something. */
  tellAll(): void {
    if (this.#streams.size > 0) this.#tell([...this.#streams])
  }

  end(): void {
    this.#timer.cancel()
    this.#loop.end()
    for (const pool of this.#pools.values()) pool.end()
    for (const stream of this.#streams) stream.end()
  }

  #next(): Timer {
    const { clock } = this.options
    return clock.setTimer(clock.now() + SECOND, () => this.#tick(), false)
  }

  #tick(): void {
    this.#timer = this.#next()
    const loopMs = this.#loop.take()
    for (const pool of this.#pools.values()) pool.measure(loopMs)
    this.tellAll()
  }

  #tell(streams: readonly Stream[]): void {
    const t = this.#nowMs()
    const rows = JSON.stringify([...this.#pools.values()].map(({ row }) => row))
    const details = new Map<string, string>()
    for (const stream of streams) {
      let detail = details.get(stream.id)
      if (detail === undefined) {
        detail = JSON.stringify(this.#pools.get(stream.id)?.detail)
        details.set(stream.id, detail)
      }
      stream.tick({ t, rows, detail })
    }
  }

  #nowMs(): number {
    return Math.round(this.options.clock.now() / NS_PER_MS)
  }
}
