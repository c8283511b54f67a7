/**
 * A `/metrics` endpoint for Prometheus. Counters and gauges come from `inspect`, wait and run times from an event. The
 * example puts load on its pool, scrapes itself once and ends.
 * Run it with: node -r ts-node/register examples/prometheus.ts
 */
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { call, definePool, explain, inspect, onEvent, type PoolRef, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'

/** Stands for a printer that jams now and then. */
const Printer = definePool({
  init: () => ({ pages: 0 }),
  calls: {
    print: async (msg: { pages: number }) => {
      await pause(msg.pages * 5)
      if (msg.pages === 7) throw new Error('paper jam')
      return reply('printed', (draft) => {
        draft.pages += msg.pages
      })
    },
  },
})

type Labels = Readonly<Record<string, string>>

/** One line of the text format: `name{label="value"} 1`. */
function line(name: string, labels: Labels, value: number): string {
  const inside = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`)
  return `${name}{${inside.join(',')}} ${value}`
}

function escape(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
}

function family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n')
}

/** Counts seconds in buckets as Prometheus expects: each bucket counts all values up to its bound. */
class Histogram {
  readonly #bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
  readonly #counts = new Array<number>(this.#bounds.length).fill(0)
  #count = 0
  #sum = 0

  record(seconds: number): void {
    this.#count++
    this.#sum += seconds
    this.#bounds.forEach((bound, i) => {
      if (seconds <= bound) this.#counts[i]! += 1
    })
  }

  lines(name: string, labels: Labels): readonly string[] {
    const buckets = this.#bounds.map((bound, i) =>
      line(`${name}_bucket`, { ...labels, le: String(bound) }, this.#counts[i]!),
    )
    return [
      ...buckets,
      line(`${name}_bucket`, { ...labels, le: '+Inf' }, this.#count),
      line(`${name}_sum`, labels, Number(this.#sum.toFixed(6))),
      line(`${name}_count`, labels, this.#count),
    ]
  }
}

/** The metrics of one pool. `end` removes the listener. */
function metricsOf(pool: PoolRef): { text(): string; end(): void } {
  const waited = new Histogram()
  const ran = new Histogram()
  const end = onEvent(
    'genpool:request:settled',
    ({ waitedMs, ranMs, attempts }) => {
      waited.record(waitedMs / 1000)
      if (attempts > 0) ran.record(ranMs / 1000)
    },
    { pool },
  )
  return { text: () => `${[...figures(pool), ...durations(pool, waited, ran)].join('\n\n')}\n`, end }
}

function durations(pool: PoolRef, waited: Histogram, ran: Histogram): string[] {
  const labels = { pool: inspect(pool).name }
  const [wait, run] = ['genpool_wait_seconds', 'genpool_run_seconds']
  return [
    family(wait, 'histogram', 'How long requests waited for a member.', waited.lines(wait, labels)),
    family(run, 'histogram', 'How long requests ran.', ran.lines(run, labels)),
  ]
}

/** The figures of `inspect`, which needs no listener. */
function figures(ref: PoolRef): string[] {
  const {
    name: pool,
    outcomes,
    drops,
    waiting,
    members,
    utilisation,
    restarts,
    stateVersion = 0,
    rate,
    limits,
  } = inspect(ref)
  const by = (name: string, label: string, counts: Readonly<Record<string, number | undefined>>): string[] =>
    Object.entries(counts).map(([value, count = 0]) => line(name, { pool, [label]: value }, count))
  const one = (name: string, value: number): string[] => [line(name, { pool }, Number(value.toFixed(3)))]
  const metric = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    lines: (name: string) => readonly string[],
  ): string => family(name, type, help, lines(name))
  return [
    metric('genpool_requests_total', 'counter', 'Requests by outcome.', (name) => by(name, 'outcome', outcomes)),
    metric('genpool_drops_total', 'counter', 'Dropped requests by reason.', (name) => by(name, 'reason', drops)),
    metric('genpool_queue_length', 'gauge', 'Waiting requests.', (name) => one(name, waiting)),
    metric('genpool_queue_held', 'gauge', 'Requests that a rate or a limit of a key holds back.', (name) =>
      by(name, 'limit', { rate: rate?.waiting ?? 0, limits: limits?.waiting ?? 0 }),
    ),
    metric('genpool_members', 'gauge', 'Members by status.', (name) => by(name, 'status', members)),
    metric('genpool_utilisation', 'gauge', "Share of the members' time spent in handlers.", (name) =>
      one(name, utilisation),
    ),
    metric('genpool_restarts_total', 'counter', 'Members that were replaced.', (name) => one(name, restarts)),
    metric('genpool_state_version', 'gauge', 'Version of the state.', (name) => one(name, stateVersion)),
  ]
}

/** Scrapes the endpoint as Prometheus does. */
function scrape(server: Server): Promise<string> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    get({ port, path: '/metrics', host: '127.0.0.1', agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve(text))
    }).once('error', reject)
  })
}

async function main(): Promise<void> {
  const system = start()
  const printers = spawnPool(system, Printer, 'printers', { size: 3, broker: { client: { type: 'drop', max: 8 } } })
  const metrics = metricsOf(printers)
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
    response.end(metrics.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const job = (i: number): Promise<unknown> =>
    call(printers, { type: 'print', pages: 1 + (i % 8) }).catch(() => undefined)
  const jobs: Promise<unknown>[] = []
  for (let i = 0; i < 60; i++) {
    jobs.push(job(i))
    await pause(5)
  }
  console.log(await scrape(server))
  console.log(explain(printers).text)

  await Promise.all(jobs)
  metrics.end()
  server.close()
  stop(system)
}

void main()
