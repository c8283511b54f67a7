import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** What a client has got. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Clients of one server, on connections that are kept. */
export class Clients {
  readonly #base: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(base: string) {
    this.#base = base
  }

  /** Rejects if the connection breaks, and when `signal` aborts. */
  ask(
    path: string,
    options: { readonly method?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request(new URL(path, this.#base), { agent: this.#agent, ...options }, (response) => {
        let body = ''
        response.on('data', (text) => (body += String(text)))
        response.once('error', reject)
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        )
      })
        .once('error', reject)
        .end()
    })
  }

  /** Asks again and again until the answer is as wanted. */
  async until(path: string, wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.ask(path)
      if (wanted(answer)) return answer
      await wait(10)
    }
  }

  /** Hangs up before the answer. */
  async hangUp(path: string): Promise<void> {
    const leaving = new AbortController()
    const answer = this.ask(path, { signal: leaving.signal }).catch(() => undefined)
    setTimeout(() => leaving.abort(), 50)
    await answer
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** How many there are of each. */
export function countBy<T>(
  items: readonly T[],
  by: (item: T) => string | number,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[by(item)] = (counts[by(item)] ?? 0) + 1
  return counts
}
