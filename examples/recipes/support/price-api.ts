// #region api
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Somebody else's API, with a limit of its own, and with bad days. */
interface PriceApi {
  readonly origin: string
  /** How often it has answered 429. */
  refused(): number
  /** How often it has answered 500. */
  failed(): number
  break(): void
  mend(): void
  close(): void
}

async function startPriceApi({ perSecond }: { readonly perSecond: number }): Promise<PriceApi> {
  let broken = false
  let refused = 0
  let failed = 0
  let recent: number[] = []
  const server = createServer((request, response) => {
    if (broken) {
      failed++
      return void response.writeHead(500).end()
    }
    const now = performance.now()
    recent = recent.filter((time) => time > now - 1000)
    if (recent.length >= perSecond) {
      refused++
      return void response.writeHead(429, { 'Retry-After': '1' }).end()
    }
    recent.push(now)
    const product = decodeURIComponent((request.url ?? '').slice('/prices/'.length))
    if (product === 'nothing') return void response.writeHead(404).end()
    return void setTimeout(() => response.end(JSON.stringify({ product, cents: 250 })), 20)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused: () => refused,
    failed: () => failed,
    break: () => (broken = true),
    mend: () => (broken = false),
    close: () => server.close(),
  }
}
// #endregion api

export { startPriceApi }
