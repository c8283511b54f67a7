import type { ServerResponse } from 'node:http'
import type { Hello } from './messages'

/** A visitor that does not read is disconnected once this many bytes wait for it, or so many news; its page then connects again. */
const MOST_UNREAD = 4_000_000
const MOST_UNREAD_NEWS = 300

/** One open page: server-sent events about one pool. */
export class Stream {
  /** How many news were sent since the visitor has read all. */
  #unread = 0

  constructor(
    readonly id: string,
    private readonly response: ServerResponse,
  ) {}

  hello(hello: Hello): void {
    this.#send('hello', JSON.stringify(hello))
  }

  /** @param tick the parts of a `Tick` as JSON: several visitors share them */
  tick({ t, rows, detail }: { readonly t: number; readonly rows: string; readonly detail: string }): void {
    this.#send('tick', `{"t":${t},"rows":${rows},"detail":${detail}}`)
  }

  /** How many news wait for the visitor. */
  get unread(): number {
    return this.#hasReadAll() ? 0 : this.#unread
  }

  /** Ends it at once: what waits is lost. */
  disconnect(): void {
    this.response.destroy()
  }

  end(): void {
    this.response.end()
  }

  #send(event: string, json: string): void {
    this.#unread = this.#hasReadAll() ? 1 : this.#unread + 1
    const { writableLength } = this.response
    if (writableLength > MOST_UNREAD || this.#unread > MOST_UNREAD_NEWS) this.disconnect()
    else this.response.write(`event: ${event}\ndata: ${json}\n\n`)
  }

  #hasReadAll(): boolean {
    return this.response.writableLength === 0
  }
}
