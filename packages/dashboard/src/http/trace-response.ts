import type { ServerResponse } from 'node:http'
import type { LineSink } from '../advisor/recorder'

/** A visitor that does not read loses lines once this many bytes wait for it. */
const MOST_UNREAD = 4_000_000

/** The lines of a trace, sent to a visitor. */
export class TraceResponse implements LineSink {
  lost = 0
  #lines: string[] = []
  #untold = 0

  constructor(
    private readonly response: ServerResponse,
    head: string,
  ) {
    response.write(head)
  }

  add(line: string): void {
    this.#lines.push(line)
  }

  flush(): Promise<void> {
    const lines = this.#lines
    this.#lines = []
    if (this.response.writableLength > MOST_UNREAD) {
      this.lost += lines.length
      this.#untold += lines.length
    } else if (lines.length > 0 || this.#untold > 0) {
      this.response.write((this.#untold > 0 ? `{"lost":${this.#untold}}\n` : '') + lines.join(''))
      this.#untold = 0
    }
    return Promise.resolve()
  }
}
