import type { ServerResponse } from 'node:http'
import type { Hello } from './messages'

/** A visitor that does not read is disconnected once this many bytes wait for it; its page then connects again. */
const MOST_UNREAD = 4_000_000

/** One open page: server-sent events about one pool. */
export class Stream {
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

  end(): void {
    this.response.end()
  }

  #send(event: string, json: string): void {
    if (this.response.writableLength > MOST_UNREAD) this.response.destroy()
    else this.response.write(`event: ${event}\ndata: ${json}\n\n`)
  }
}
