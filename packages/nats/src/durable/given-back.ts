import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { ServerMs } from './delays'
import type { Incoming } from './incoming'
import type { Told } from './told'

/** They are told to the server together. Each time costs it a look at all that is held back. */
const EVERY_MS = 250
/** So many, or so many bytes, do not wait for that. */
const MOST = 2000
const MOST_BYTES = 4_000_000

/** Casts that the server is to deliver again at some time. */
export class GivenBack {
  #waiting: { readonly incoming: Incoming; readonly at: ServerMs }[] = []
  #bytes = 0
  #timer: Timer | null = null

  constructor(
    private readonly ports: { readonly clock: Clock; now(): ServerMs },
    private readonly told: Pick<Told, 'again'>,
  ) {}

  add(incoming: Incoming, at: ServerMs): void {
    const { clock } = this.ports
    this.#waiting.push({ incoming, at })
    this.#bytes += incoming.data.length
    const isSoon = at - this.ports.now() < EVERY_MS
    if (isSoon || this.#waiting.length >= MOST || this.#bytes >= MOST_BYTES) return this.flush()
    this.#timer ??= clock.setTimer(clock.now() + EVERY_MS * NS_PER_MS, () => this.flush(), false)
  }

  /** Tells the server of all. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    this.#timer?.cancel()
    this.#timer = null
    for (const { incoming, at } of waiting) this.told.again(incoming, at)
  }
}
