import { call, definePool, reply, spawnPool } from '@genpool/core'
import { readTrace, serveDashboard, type ServedDashboard, type ServerOptions } from '@genpool/dashboard'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'
import { ask } from './ask'

const Work = definePool({ calls: { work: (_: { secret: string }) => reply('done') } })
let system: ActorSystemRef
let folder: string
const served: ServedDashboard[] = []
beforeEach(() => {
  system = start()
  folder = mkdtempSync(join(tmpdir(), 'genpool-http-trace-'))
})
afterEach(async () => {
  for (const { close } of served.splice(0)) await close()
  stop(system)
  rmSync(folder, { recursive: true })
})

async function serve(options: Partial<ServerOptions> = {}) {
  const [db, mail] = [spawnPool(system, Work, 'db', { size: 2 }), spawnPool(system, Work, 'mail', { size: 1 })]
  const dashboard = await serveDashboard({ pools: [db, mail], port: 0, ...options })
  served.push(dashboard)
  return { db, mail, url: dashboard.url, close: dashboard.close }
}

/** Opens a recording, and reads on when asked. */
async function open(url: string) {
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const readUntil = async (isEnough: (text: string) => boolean): Promise<string> => {
    while (!isEnough(text)) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
    }
    return text
  }
  return { response, readUntil, leave: () => abort.abort() }
}

describe('the trace that a dashboard sends', () => {
  it('has the requests from now on, as recordTrace writes them', async () => {
    const { db, mail, url } = await serve()
    await call(db, { type: 'work', secret: 'before' })
    const { response, readUntil, leave } = await open(`${url}trace?pool=db`)
    expect(response.headers.get('content-type')).toContain('application/x-ndjson')
    await call(mail, { type: 'work', secret: 'of another pool' })
    for (let i = 0; i < 3; i++) await call(db, { type: 'work', secret: 'the payload' }, { key: 'ann@example.org' })
    const text = await readUntil((text) => text.split('\n').length > 4)
    leave()
    const file = join(folder, 'trace.jsonl')
    writeFileSync(file, text)
    const { pool, requests } = readTrace(file)
    expect([pool, requests.map(({ type, outcome }) => [type, outcome])]).toEqual([
      'db',
      Array(3).fill(['work', 'replied']),
    ])
    expect(text).not.toMatch(/payload|ann@/)
  })

  it('costs the pool nothing any more when the visitor has left', async () => {
    const { url, db } = await serve()
    const settled = channel('genpool:request:settled')
    const { readUntil, leave } = await open(`${url}trace`)
    await readUntil((text) => text.includes('"genpool":"trace"'))
    expect(settled.hasSubscribers).toBe(true)
    leave()
    // Each call is a turn of the network and of the pool.
    while (settled.hasSubscribers) await Promise.all([ask(`${url}icon.svg`), call(db, { type: 'work', secret: '' })])
  })

  it('ends when the dashboard is closed', async () => {
    const { url, close } = await serve()
    const { readUntil } = await open(`${url}trace`)
    await readUntil((text) => text.includes('"genpool":"trace"'))
    const rest = readUntil(() => false).catch(() => 'ended')
    await close()
    await rest
    expect(channel('genpool:request:settled').hasSubscribers).toBe(false)
  })

  it('needs the name of a pool, and is for few at a time', async () => {
    const { url } = await serve()
    const { status, body } = await ask(`${url}trace?pool=nope`)
    expect([status, body]).toEqual([404, 'There is no pool "nope". There are db, mail.'])
    const all = await Promise.all(Array.from({ length: 5 }, () => open(`${url}trace`)))
    expect((await ask(`${url}trace`)).status).toBe(503)
    for (const { leave } of all) leave()
  })

  it('is for those who may see the page', async () => {
    const { url } = await serve({ token: 'correct horse battery staple' })
    expect((await ask(`${url}trace`)).status).toBe(401)
    expect((await ask(`${url}trace`, { headers: { Host: 'evil.example' } })).status).toBe(403)
    expect((await ask(`${url}trace`, { headers: { Origin: 'http://evil.example' } })).status).toBe(403)
  })
})
