import { NS_PER_MS, systemClock } from '@genpool/runtime'
import { ask, type Dashboard, Unreachable } from '../connection'
import { Fault } from '../fault'
import type { Io } from '../io'
import { type News, newsIn } from './events'
import type { View } from './frame'

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 10_000
/** A dashboard tells something each second. */
const SILENT_MS = 5000
const GIVE_UP_MS = 15_000
const MOST_PAST = 600

/** Follows a dashboard: connects again for as long as it takes. */
export class Top {
  #view: View | null = null
  #names: readonly string[] = []
  #past: (number | null)[] = []
  #heardMs = nowMs()
  #retryMs = FIRST_RETRY_MS
  /** Ends the connection that is open, to look at another pool or to try again. */
  #connection = new AbortController()

  constructor(
    private readonly dashboard: Dashboard,
    private pool: string | undefined,
    private readonly onView: (view: View, news: News) => void,
  ) {}

  /** Ends when `quit` is aborted. Rejects if the first connection fails, or if the dashboard refuses. */
  async follow(quit: AbortSignal): Promise<void> {
    const watch = setEvery(1000, () => this.#watch())
    try {
      while (!quit.aborted) {
        const wasSwitched = await this.#connect(quit)
        if (!wasSwitched) await this.#waitToRetry(quit)
      }
    } finally {
      watch.cancel()
    }
  }

  /** Looks at the next pool, or at the one before. */
  move(by: number): void {
    const { length } = this.#names
    if (length < 2 || this.#view === null) return
    const at = this.#names.indexOf(this.#view.tick.detail.id)
    this.pool = this.#names[(at + by + length) % length]
    this.#connection.abort('switch')
  }

  /** @returns whether it ended to look at another pool */
  async #connect(quit: AbortSignal): Promise<boolean> {
    this.#connection = new AbortController()
    const { signal } = this.#connection
    this.#heardMs = nowMs()
    try {
      const path = this.pool === undefined ? 'events' : `events?pool=${encodeURIComponent(this.pool)}`
      const response = await ask(this.dashboard, path, AbortSignal.any([signal, quit]))
      for await (const news of newsIn(response)) this.#hear(news)
    } catch (error) {
      const goesOn = quit.aborted || (error instanceof Unreachable && (signal.aborted || this.#view !== null))
      if (!goesOn) throw error
    }
    return signal.reason === 'switch'
  }

  #hear(news: News): void {
    this.#heardMs = nowMs()
    this.#retryMs = FIRST_RETRY_MS
    if (news.event === 'hello') {
      const { id, names, history } = news.data
      if (this.pool !== undefined && id !== this.pool) {
        throw new Fault(`there is no pool "${this.pool}" at ${this.dashboard.url}. ${thereAre(names)}`)
      }
      this.#names = names
      this.#past = [...(history['replied'] ?? [])]
      return
    }
    this.#past.push(news.data.detail.sample.replied)
    if (this.#past.length > MOST_PAST) this.#past.shift()
    this.#show({ url: this.dashboard.url, tick: news.data, past: this.#past, trouble: '' }, news)
  }

  #watch(): void {
    const silentMs = nowMs() - this.#heardMs
    if (silentMs > GIVE_UP_MS) this.#connection.abort('silent')
    else if (silentMs > SILENT_MS) this.#trouble(`no news for ${seconds(silentMs)}: the process does not answer`)
  }

  async #waitToRetry(quit: AbortSignal): Promise<void> {
    const until = nowMs() + this.#retryMs
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
    while (nowMs() < until && !quit.aborted) {
      this.#trouble(`connection lost ${seconds(nowMs() - this.#heardMs)} ago, trying again`)
      await pause(Math.min(1000, until - nowMs()), quit)
    }
  }

  #trouble(trouble: string): void {
    if (this.#view !== null) this.#show({ ...this.#view, trouble }, { event: 'tick', data: this.#view.tick })
  }

  #show(view: View, news: News): void {
    this.#view = view
    this.onView(view, news)
  }
}

/** The first view of a dashboard. */
export async function firstView(dashboard: Dashboard, pool: string | undefined, io: Io): Promise<View> {
  const enough = new AbortController()
  const quit = AbortSignal.any([enough.signal, io.signal])
  let first: View | null = null
  const top = new Top(dashboard, pool, (view) => {
    first ??= view
    enough.abort()
  })
  await top.follow(quit)
  if (first === null) {
    throw new Fault(
      `${dashboard.url} ended before it showed anything: its program stops, or something between closes connections.`,
    )
  }
  return first
}

function thereAre(names: readonly string[]): string {
  return names.length === 0 ? 'It has none now.' : `There are ${names.join(', ')}.`
}

function nowMs(): number {
  return systemClock.now() / NS_PER_MS
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = systemClock.setTimer(systemClock.now() + ms * NS_PER_MS, done)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}

function setEvery(ms: number, fn: () => void): { cancel(): void } {
  const next = () => systemClock.setTimer(systemClock.now() + ms * NS_PER_MS, tick, false)
  let timer = next()
  function tick(): void {
    timer = next()
    fn()
  }
  return { cancel: () => timer.cancel() }
}
