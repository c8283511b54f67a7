import { type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** As it stands in the first line of the request; otherwise the path of the URL. */
  readonly rawPath?: string
}

/** Sends a request as it is written, with no help of a browser: also headers that `fetch` does not let through. */
export function ask(url: string, { method = 'GET', headers = {}, body, rawPath }: Asked = {}): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, path: rawPath ?? pathname + search, method, headers, agent: false },
      (response) => {
        let text = ''
        const done = (): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          // A stream has no end.
          if (response.headers['content-type']?.startsWith('text/event-stream') && text.includes('event: tick')) {
            done()
            response.destroy()
          }
        })
        response.once('end', done)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}
