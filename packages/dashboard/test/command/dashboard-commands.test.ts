import { call, definePool, reply, spawnPool } from '@genpool/core'
import { readTrace, serveDashboard, type ServedDashboard, type ServerOptions } from '@genpool/dashboard'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorSystemRef, start, stop } from 'nact'
import { FakeTerminal, run } from './run'

const token = 'correct horse battery staple'
let system: ActorSystemRef
let clock: VirtualClock
let folder: string
const served: ServedDashboard[] = []
beforeEach(() => {
  system = start()
  clock = virtualClock()
  folder = mkdtempSync(join(tmpdir(), 'genpool-top-'))
})
afterEach(async () => {
  for (const { close } of served.splice(0)) await close()
  stop(system)
  rmSync(folder, { recursive: true })
})

function pools() {
  const Work = definePool({
    calls: {
      work: async () => {
        await clock.wait(4000)
        return reply('done')
      },
      '\u001b[2Jevil': () => reply('done'),
    },
  })
  return [
    spawnPool(system, Work, 'db', { size: 2, clock }),
    spawnPool(system, Work, 'mail', { size: 3, clock }),
  ] as const
}
async function serve(all: ReturnType<typeof pools>, options: Partial<ServerOptions> = {}): Promise<string> {
  const dashboard = await serveDashboard({ pools: [...all], port: 0, clock, ...options })
  served.push(dashboard)
  return dashboard.url
}

describe('genpool top', () => {
  it('prints once what the dashboard shows', async () => {
    const all = pools()
    const url = await serve(all)
    for (let i = 0; i < 5; i++) void call(all[0], { type: 'work' }).catch(() => undefined)
    await clock.advance(1000)
    const { code, out } = await run('top', url, '--once')
    expect(code).toBe(0)
    expect(out).toMatch(/2 pools/)
    expect(out).toMatch(/› +db +2\/2 +3 /)
    expect(out).toMatch(/mail +0\/3 +0 /)
    expect(out).toMatch(/member-1\.1 +stuck +work +1000 ms/)
    expect(out).not.toContain('\x1b')
    const other = await run('top', url, '--once', '--json', '--pool', 'mail')
    expect(JSON.parse(other.out).detail).toMatchObject({ id: 'mail', figures: { size: 3 } })
  })

  it('follows on a terminal, looks at other pools, and leaves it as it was when q is pressed', async () => {
    const url = await serve(pools())
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['top', url])
    expect(await terminal.shows(/› +db/)).toContain('\x1b[?1049h')
    terminal.press('down')
    await terminal.shows(/› +mail/)
    terminal.clear()
    await clock.advance(1000)
    await terminal.shows(/› +mail/)
    terminal.press('q')
    const { code, out } = await ended
    expect([code, out.endsWith('\x1b[?25h\x1b[?1049l'), terminal.hearsKeys]).toEqual([0, true, false])
  })

  it('ends with Ctrl-C', async () => {
    const url = await serve(pools())
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['top', url])
    await terminal.shows(/› +db/)
    terminal.abort.abort()
    expect((await ended).code).toBe(0)
  })

  it('says when the connection is lost, and goes on when the dashboard is back', async () => {
    const all = pools()
    const url = await serve(all)
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['top', url])
    await terminal.shows(/› +db/)
    await served.splice(0)[0]!.close()
    await terminal.shows(/connection lost \d+ s ago, trying again/)
    await serve(all, { port: Number(new URL(url).port) })
    terminal.clear()
    await terminal.shows(/2 pools · all calm/)
    terminal.press('q')
    expect((await ended).code).toBe(0)
  })

  it('shows names without letting them move the cursor', async () => {
    const all = pools()
    const url = await serve(all)
    await call(all[0], { type: '\u001b[2Jevil' } as never)
    await Promise.resolve()
    expect((await run('top', url, '--once')).out).not.toContain('\x1b')
  })

  it('knows the token, from the environment or an option, and says so if it does not', async () => {
    const url = await serve(pools(), { token })
    expect(await run('top', url, '--once')).toMatchObject({
      code: 1,
      err: expect.stringContaining('asks for its token: set GENPOOL_TOKEN'),
    })
    expect(await run('top', url, '--once', '--token', 'wrong')).toMatchObject({
      code: 1,
      err: expect.stringContaining('does not know this token'),
    })
    expect(await run('top', url, '--once', '--token', ' \n')).toMatchObject({
      err: expect.stringContaining('a token has at least 16 letters, digits and signs of ASCII'),
    })
    expect(await run('top', url, '--once', '--token', token)).toMatchObject({ code: 0 })
    expect(await new FakeTerminal().run(['top', url, '--once'], { GENPOOL_TOKEN: token })).toMatchObject({ code: 0 })
  })

  it('says what is wrong with a pool, or an address', async () => {
    const url = await serve(pools())
    expect(await run('top', url, '--pool', 'x')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no pool "x" at ${url}. There are db, mail.`),
    })
    await served.splice(0)[0]!.close()
    expect(await run('top', url)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /nothing answers at http.*\(ECONNREFUSED\)\. Does the program run, and does it call serveDashboard/,
      ),
    })
  })

  it('says that a dashboard has no pools, and that one ended before it showed anything', async () => {
    const hello = { id: null, names: [], history: {} }
    const answers = [`event: hello\ndata: ${JSON.stringify(hello)}\n\n`, '']
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answers.shift())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await run('top', url, '--once', '--pool', 'db')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`there is no pool "db" at ${url}/. It has none now.`),
    })
    server.close()
  })
})

describe('genpool record', () => {
  it('writes a trace until it is ended, that the other commands read', async () => {
    // The recording is sent in real time.
    const Work = definePool({ calls: { work: () => reply('done') } })
    const db = spawnPool(system, Work, 'db', { size: 2 })
    const dashboard = await serveDashboard({ pools: [db], port: 0 })
    served.push(dashboard)
    const file = join(folder, 'db.jsonl')
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['record', dashboard.url, '--out', file])
    while (!terminal.err.includes('3 requests')) {
      if (terminal.err.includes('0 requests')) for (let i = 0; i < 3; i++) await call(db, { type: 'work' })
      terminal.clear()
      await terminal.shows(/./)
    }
    terminal.abort.abort()
    expect(await ended).toMatchObject({ code: 0, err: expect.stringContaining(`Next: genpool advise ${file}`) })
    expect(readTrace(file)).toMatchObject({ pool: 'db', requests: [{}, {}, {}] })
    expect(await run('simulate', file, '--size', '1')).toMatchObject({ code: 0 })
  })

  it('writes over nothing unless it is told to, and leaves no empty file behind', async () => {
    const url = await serve(pools())
    const file = join(folder, 'trace.jsonl')
    expect(await run('record', url, '--pool', 'nope', '--out', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no pool "nope". There are db, mail.'),
    })
    expect(existsSync(file)).toBe(false)
    writeFileSync(file, 'mine')
    expect(await run('record', url, '--out', file)).toMatchObject({ code: 1, err: expect.stringContaining('--force') })
    expect(await run('record', url, '--out', file, '--force', '--seconds', '0.2')).toMatchObject({ code: 0 })
    expect(readTrace(file).requests).toEqual([])
  })

  it('says so if the dashboard ends it', async () => {
    const url = await serve(pools())
    const terminal = new FakeTerminal(true)
    const ended = terminal.run(['record', url, '--out', join(folder, 't.jsonl')])
    await terminal.shows(/0 requests/)
    await served.splice(0)[0]!.close()
    expect(await ended).toMatchObject({
      code: 1,
      err: expect.stringContaining('the dashboard has ended the recording'),
    })
  })

  it('counts its seconds from when the dashboard answers', async () => {
    const server: Server = createServer((_, response) => void setTimeout(() => response.writeHead(200).write(' '), 500))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err } = await run('record', url, '--out', join(folder, 't.jsonl'), '--seconds', '0.1')
    expect([code, err]).toEqual([0, expect.stringContaining('0 requests in')])
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it('says how to record in the program where a dashboard cannot', async () => {
    const server: Server = createServer((_, response) => void response.writeHead(404).end('There is nothing here.'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err } = await run('record', url, '--out', join(folder, 't.jsonl'))
    expect([code, err]).toEqual([1, expect.stringContaining("recordTrace(pool, 'trace.jsonl')")])
    await new Promise((resolve) => server.close(resolve))
  })
})
