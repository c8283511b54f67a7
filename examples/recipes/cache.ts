/*
 * A cache in the state of a pool: many callers that miss at once load once, and a hit is read without a message.
 *
 *     node -r ts-node/register examples/recipes/cache.ts
 */
// #region pool
import { call, definePool, drain, getState, inspect, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'

interface Page {
  readonly id: string
  readonly text: string
}
interface Entry {
  readonly page: Page
  readonly until: number
}
type Load = (id: string, signal: AbortSignal) => Promise<Page>

const FRESH_MS = 500
const MOST = 1000

const pages = (load: Load) =>
  definePool({
    init: () => ({ entries: new Map<string, Entry>() }),
    calls: {
      load: async (msg: { id: string }, _state, ctx) => {
        const page = await load(msg.id, ctx.signal)
        return reply(page, ({ entries }) => {
          entries.delete(page.id) // so that it comes last: the first of a Map is the oldest
          entries.set(page.id, { page, until: Date.now() + FRESH_MS })
          if (entries.size > MOST) entries.delete(entries.keys().next().value!)
        })
      },
      forget: (msg: { id: string }) => reply(true, ({ entries }) => void entries.delete(msg.id)),
    },
  })
type Pages = ReturnType<typeof spawnPages>

const spawnPages = (system: ReturnType<typeof start>, load: Load) =>
  spawnPool(system, pages(load), 'pages', { size: 100, timeout: 5000 })

/** The page: from the cache if it is fresh, else loaded. Of many callers, one loads. */
async function page(pool: Pages, id: string, signal?: AbortSignal): Promise<Page> {
  const entry = getState(pool).entries.get(id) // a property read: no message, no copy
  if (entry !== undefined && entry.until > Date.now()) return entry.page
  return call(pool, { type: 'load', id }, { share: id, ...(signal && { signal }) })
}
// #endregion pool

async function main(): Promise<void> {
  // #region use
  let loads = 0
  const system = start()
  const pool = spawnPages(system, async (id, signal) => {
    loads++
    await wait(50, undefined, { signal }) // stands for a database or a page that is slow to make
    return { id, text: `text of ${id}` }
  })

  const first = await Promise.all(Array.from({ length: 1000 }, () => page(pool, 'home')))
  console.log(`${first.length} callers, ${loads} load, ${inspect(pool).shared} shared it`)

  const begun = performance.now()
  for (let n = 0; n < 100_000; n++) await page(pool, 'home')
  const micros = ((performance.now() - begun) / 100).toFixed(2)
  console.log(`100000 hits: ${loads} load, ${micros} µs a hit`)

  await wait(FRESH_MS)
  await page(pool, 'home')
  await call(pool, { type: 'forget', id: 'home' })
  await page(pool, 'home')
  console.log(`when it is old, or forgotten: ${loads} loads`)

  // A caller that leaves does not end the load of the others.
  const leaving = new AbortController()
  const left = page(pool, 'news', leaving.signal).catch(() => 'left')
  const stayed = page(pool, 'news')
  leaving.abort()
  console.log(await left, (await stayed).text)

  for (let n = 0; n < 1200; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => page(pool, `page ${n + i}`)))
  }
  console.log(`after 1200 more pages the cache has ${getState(pool).entries.size}`)
  await drain(pool)
  stop(system)
  // #endregion use
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
