/*
 * E-mails that must not be lost: accepted over HTTP, stored by NATS, and sent by three processes, of which one is killed at work.
 * The provider of mail is a server of this example. It refuses one address until somebody corrects that: its mails become dead
 * letters, which are looked at and sent again.
 *
 *     node -r ts-node/register examples/emails.ts
 *
 * It needs nats-server; on Debian: apt-get install -y nats-server
 */
import { definePool, noReply, spawnPool } from '@genpool/core'
import { type DeadLetter, durable } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start } from 'nact'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const MAILS = 200
const WRONG = 'nobody@exmaple.com'
/** The types are checked in this process: not three times more. */
const PROCESS = { execArgv: ['-r', 'ts-node/register'], env: { ...process.env, TS_NODE_TRANSPILE_ONLY: 'true' } }
const QUEUE = { name: 'emails', maxDeliver: 2, ackWait: 2000, backoff: { initial: 100 } }

interface Mail {
  readonly to: string
  readonly subject: string
}

/** What the three processes run. The provider knows the id of each mail: one that comes twice is sent once. */
const Emails = (provider: string) =>
  definePool({
    init: () => null,
    casts: {
      send: async ({ to, subject }: Mail, _state, ctx) => {
        const { id = '' } = ctx.delivery ?? {}
        const headers = { 'idempotency-key': id }
        const answer = await fetch(provider, { method: 'POST', headers, body: JSON.stringify({ to, subject }) })
        if (!answer.ok) throw new Error(await answer.text())
        return noReply()
      },
    },
  })

/** One process that sends: the same few lines on each machine. */
async function sender(servers: string, provider: string): Promise<void> {
  const pool = spawnPool(start(), Emails(provider), 'emails', { size: 4, state: 'isolated' })
  const jobs = await durable(await connect({ servers, maxReconnectAttempts: -1 }), QUEUE)
  await jobs.consume(pool)
  process.send?.('ready')
}

/** The provider: takes 20 ms for each mail, sends each id once, and does not know one address. */
class Provider {
  readonly sent = new Map<string, string>()
  asked = 0
  isCorrected = false
  readonly server = createServer((request, response) => {
    void body(request).then(async (text) => {
      this.asked++
      await pause(20)
      const { to, subject } = JSON.parse(text) as Mail
      if (to === WRONG && !this.isCorrected) return void response.writeHead(422).end(`no such address: ${to}`)
      this.sent.set(String(request.headers['idempotency-key']), subject)
      response.end('sent')
    })
  })
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'emails-'))
  const servers = `127.0.0.1:${await freePort()}`
  const nats = spawn('nats-server', ['-a', '127.0.0.1', '-p', servers.split(':')[1] ?? '', '-js', '-sd', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  nats.on('error', () => {
    console.error('nats-server is missing. On Debian, as root: apt-get install -y nats-server')
    process.exit(1)
  })
  for (;;) if (String(await once(nats.stderr, 'data')).includes('Server is ready')) break

  const provider = new Provider()
  const children: ChildProcess[] = []
  const connection = await connect({ servers })
  const jobs = await durable<ReturnType<typeof Emails>>(connection, QUEUE)
  // The front: a mail is accepted when it is stored. A client that asks again with the same id is told so.
  const front = createServer((request, response) => {
    const id = String(request.headers['x-request-id'])
    void body(request)
      .then(async (text) => jobs.cast({ type: 'send', ...(JSON.parse(text) as Mail) }, { id }))
      .then(({ duplicate }) => response.writeHead(duplicate ? 200 : 202).end(duplicate ? 'known' : 'accepted'))
      .catch((error: unknown) => response.writeHead(503).end(String(error)))
  })

  try {
    const accepted = await Promise.all(
      await listen(front).then((url) => Array.from({ length: MAILS }, (_, n) => post(url, n))),
    )
    console.log(
      `${accepted.filter((status) => status === 202).length} mails are accepted and stored. Nobody sends yet.`,
    )
    console.log(`The first one again: status ${await post(urlOf(front), 0)}, it is known.`)

    const url = await listen(provider.server)
    children.push(...[1, 2, 3].map(() => fork(__filename, [servers, url], PROCESS)))
    await Promise.all(children.map((child) => once(child, 'message')))
    console.log('Three processes send.')
    await until(() => provider.sent.size >= MAILS / 4)
    children[0]?.kill('SIGKILL')
    console.log(`One is killed when ${provider.sent.size} mails are sent.`)
    await until(async () => (await jobs.inspect()).waiting + (await jobs.inspect()).inHand === 0)
    const again = provider.asked - provider.sent.size
    console.log(`${provider.sent.size} mails are sent, each once. The provider was asked ${again} times more.`)

    const [letter] = await jobs.dead()
    if (letter === undefined) throw new Error('there is no dead letter')
    console.log(`A dead letter: ${JSON.stringify(letter.message)}`)
    console.log(`  ${letter.attempts} attempts, the last one: ${letter.reason}`)
    provider.isCorrected = true
    const letters: DeadLetter[] = []
    // They come in pages of 100. All are read before one is sent again: it may die again, and is the last one then.
    for (let page = await jobs.dead(); page.length > 0; page = await jobs.dead({ after: page.at(-1)!.seq })) {
      letters.push(...page)
    }
    for (const dead of letters) await jobs.retry(dead)
    await until(() => provider.sent.size === MAILS)
    console.log(`The address is corrected, and it is sent again: ${provider.sent.size} of ${MAILS} mails are sent.`)
    await until(async () => (await jobs.inspect()).inHand === 0)
    console.log(`Now ${(await jobs.explain()).findings[0]?.says ?? ''}.`)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    for (const server of [front, provider.server]) {
      server.closeAllConnections()
      server.close()
    }
    await connection.close()
    nats.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function post(url: string, n: number): Promise<number> {
  const mail: Mail = { to: n === 7 ? WRONG : `customer-${n}@example.com`, subject: `Order ${n}` }
  const headers = { 'x-request-id': `order-${n}` }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(mail) })).status
}

async function body(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** Waits until something holds, and no longer than 30 s. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so in time: ${holds}`)
    await pause(20)
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return urlOf(server)
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const [, , servers, provider] = process.argv
void (servers === undefined || provider === undefined ? main() : sender(servers, provider))
