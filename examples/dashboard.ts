/**
 * A live page over three pools: one is flooded now and then, one has a member that hangs for a while, one is calm.
 * Run it with: node -r ts-node/register examples/dashboard.ts
 * It runs until Ctrl+C; without a terminal, for five seconds. A number of seconds can be given.
 */
import { spawn } from 'node:child_process'
import { call, definePool, explain, inspect, reply, spawnPool } from '@genpool/core'
import { serveDashboard } from '@genpool/dashboard'
import { start, stop } from 'nact'

/** Stands for a backend: each message says how long it takes. */
const Backend = definePool({
  calls: { find: take, save: take, report: take },
})

async function take(msg: { ms: number }) {
  await pause(msg.ms)
  return reply('done')
}

const system = start()
const database = spawnPool(system, Backend, 'database', {
  size: 4,
  timeout: 2000,
  broker: { client: { type: 'codel', target: 100, max: 200 } },
})
const reports = spawnPool(system, Backend, 'reports', { size: 2 })
const mail = spawnPool(system, Backend, 'mail', { size: 2 })

type Message = { type: 'find' | 'save' | 'report'; ms: number }

/** Sends a call; what becomes of it is to be seen on the page. */
function send(pool: typeof database, message: Message, options = {}): void {
  void call(pool, message, options).catch(() => undefined)
}

/** One tenth of a second of traffic. Of every 30 seconds, 12 bring more than the database can do. */
function traffic(tenth: number): void {
  const isFlooded = tenth % 300 < 120
  for (let i = 0; i < (isFlooded ? 9 : 2); i++) {
    const key = i % 3 === 0 ? { key: `customer ${tenth % 5}` } : {}
    send(database, { type: i % 3 === 0 ? 'save' : 'find', ms: 40 + Math.random() * 60 }, key)
  }
  if (tenth % 5 === 0) send(mail, { type: 'save', ms: 80 })
  if (tenth % 4 === 0) send(reports, { type: 'find', ms: 50 })
  if (tenth % 600 === 20) send(reports, { type: 'report', ms: 20_000 }, { timeout: 30_000 })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Opens a page in the browser of this machine, if there is one. */
function open(url: string): void {
  const program = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open'
  spawn(program, [url], { stdio: 'ignore', detached: true })
    .once('error', () => undefined)
    .unref()
}

async function main(): Promise<void> {
  const given = Number(process.argv[2])
  const seconds = given > 0 ? given : process.stdout.isTTY ? Infinity : 5
  const { url, close } = await serveDashboard({
    pools: [database, reports, mail],
    port: process.stdout.isTTY ? 4000 : 0,
  })
  console.log(`The pools are at ${url}`)
  if (process.stdout.isTTY) open(url)
  let isOver = false
  process.once('SIGINT', () => (isOver = true))
  for (let tenth = 0; tenth < seconds * 10 && !isOver; tenth++) {
    traffic(tenth)
    await pause(100)
  }
  const { accepted, outcomes } = inspect(database)
  console.log(`The database had ${accepted} requests: ${outcomes.replied} answered, ${outcomes.dropped} dropped.`)
  console.log(explain(database).text)
  await close()
  stop(system)
}

void main()
