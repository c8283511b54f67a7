/** @import { Hello, Tick } from '../src/live/messages' */

/** The server tells something each second; after this long without, the page says so, and later tries again. */
const SILENT_MS = 5000
const GIVE_UP_MS = 15_000
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 10_000

/**
 * @typedef {object} Listener
 * @property {(hello: Hello) => void} hello
 * @property {(tick: Tick) => void} tick
 * @property {(state: { live: boolean, text: string }) => void} state
 */

/** The stream of news about one pool. It tries again for as long as the page is open. */
export class Connection {
  /** @type {EventSource | null} */
  #source = null
  #pool = ''
  #heard = 0
  #wasLive = false
  #retryMs = FIRST_RETRY_MS
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry = undefined

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener
    setInterval(() => this.#watch(), 1000)
  }

  /** @param {string} pool its name on the page; empty for the first */
  show(pool) {
    this.#pool = pool
    this.#retryMs = FIRST_RETRY_MS
    this.#open()
  }

  #open() {
    clearTimeout(this.#retry)
    this.#source?.close()
    const source = new EventSource(`events?pool=${encodeURIComponent(this.#pool)}`)
    this.#source = source
    this.#heard = performance.now()
    source.addEventListener('hello', ({ data }) => this.listener.hello(JSON.parse(data)))
    source.addEventListener('tick', ({ data }) => {
      this.#heard = performance.now()
      this.#wasLive = true
      this.#retryMs = FIRST_RETRY_MS
      this.listener.state({ live: true, text: 'Live' })
      this.listener.tick(JSON.parse(data))
    })
    source.addEventListener('error', () => {
      if (source === this.#source) this.#lost()
    })
  }

  #lost() {
    this.#source?.close()
    this.#source = null
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
    this.#tellLost()
  }

  #watch() {
    const silent = performance.now() - this.#heard
    if (this.#source === null) this.#tellLost()
    else if (silent > GIVE_UP_MS) this.#lost()
    else if (silent > SILENT_MS)
      this.listener.state({ live: false, text: `No news for ${seconds(silent)}: the process does not answer` })
  }

  #tellLost() {
    const since = this.#wasLive ? `Connection lost ${seconds(performance.now() - this.#heard)} ago` : 'No connection'
    this.listener.state({ live: false, text: `${since}. Trying again …` })
  }
}

/** @param {number} ms */
function seconds(ms) {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}
