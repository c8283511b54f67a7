/*
 * What a broker costs: nanoseconds per operation for each queue, empty and with a million requests waiting, and the memory
 * of a waiting request.
 *
 *     node -r ts-node/register benchmarks/broker.ts
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Broker, type BrokerOptions, createBroker, Waiting } from '@genpool/broker'

/** Fails if a waiting request costs more than this, in bytes beyond itself. */
const MEMORY_BAR = 150
/** Fails if a pair of ask and askR costs more than this, in nanoseconds. */
const PAIR_BAR = 150
const MILLION = 1_000_000
/** Clock times of a process that has run for some seconds do not fit small integers. */
const START = 5_000_000_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

class Request extends Waiting {
  constructor(
    readonly message: number,
    sentAt: number,
  ) {
    super(sentAt)
  }

  override get subject(): number {
    return this.message % 100
  }
}

/** The request itself, without what waiting adds to it, and one pointer to keep a million of them by. */
class Bare {
  constructor(
    readonly message: number,
    readonly last: Bare | null,
  ) {}
}
const POINTER = 8

const queues: Readonly<Record<string, BrokerOptions>> = {
  drop: {},
  timeout: { client: { type: 'timeout' } },
  codel: { client: { type: 'codel' } },
  'codel, adaptive + forecast': { client: { type: 'codel', order: 'adaptive' }, admission: 'forecast' },
  'fair over 100 keys': { client: { type: 'fair', queue: { type: 'codel' } } },
}

function time(count: number, run: (i: number) => void): number {
  const begun = process.hrtime.bigint()
  for (let i = 0; i < count; i++) run(i)
  return Number(process.hrtime.bigint() - begun) / count
}

/** The best of five rounds, after one that warms up: what else the machine does can only add. */
function measured(round: () => number): number {
  round()
  return Math.min(round(), round(), round(), round(), round())
}

/** A request waits, then a member comes. Nothing is ever late, so that nothing is dropped. */
function pair(options: BrokerOptions): number {
  const broker = createBroker<Request, Waiting>(options, START)
  const member = new Waiting(START)
  let now = START
  return measured(() =>
    time(MILLION, (i) => {
      now += 1000
      broker.ask(new Request(i, now), now)
      broker.askR(member, now)
    }),
  )
}

/** The same behind a million that wait. */
function pairBehind(options: BrokerOptions): number {
  const broker = filled({ ...options, admission: 'none' })
  return measured(() =>
    time(100_000, (i) => {
      broker.ask(new Request(i, START), START)
      broker.take(START)
    }),
  )
}

/** One gives up that waits in the middle of a million. */
function removal(options: BrokerOptions): number {
  const broker = createBroker<Request, Waiting>(options, START)
  const requests = Array.from({ length: MILLION }, (_, i) => new Request(i, START))
  for (const request of requests) broker.ask(request, START)
  let next = MILLION / 4
  return measured(() => time(50_000, () => void broker.remove(requests[next++]!, START)))
}

function filled(options: BrokerOptions): Broker<Request, Waiting> {
  const broker = createBroker<Request, Waiting>(options, START)
  for (let i = 0; i < MILLION; i++) broker.ask(new Request(i, START), START)
  return broker
}

/** Outlives the measurement, or the compiler may let go of it too early. */
const held: unknown[] = []

function heapOf(make: () => unknown): number {
  held.length = 0
  collect()
  const before = process.memoryUsage().heapUsed
  held.push(make())
  collect()
  return process.memoryUsage().heapUsed - before
}

function bytesPerRequest(options: BrokerOptions): number {
  const waiting = heapOf(() => filled({ ...options, admission: 'none' }))
  const bare = heapOf(() => {
    let last: Bare | null = null
    for (let i = 0; i < MILLION; i++) last = new Bare(i, last)
    return last
  })
  return (waiting - bare) / MILLION + POINTER
}

function main(): void {
  const rows: Record<string, object> = {}
  let passed = true
  for (const [name, options] of Object.entries(queues)) {
    const figures = [pair(options), pairBehind(options), removal({ ...options, admission: 'none' })]
    const bytes = bytesPerRequest(options)
    const [alone, behind, removed] = figures.map((ns) => Math.round(ns))
    rows[name] = {
      'ask + askR, ns': alone,
      'behind a million, ns': behind,
      'remove, ns': removed,
      'bytes per waiting': Math.round(bytes),
    }
    passed &&= bytes < MEMORY_BAR && (name !== 'drop' || figures[0]! < PAIR_BAR)
  }
  console.table(rows)
  console.log(passed ? 'All bars are kept.' : `Missed: ${MEMORY_BAR} bytes, or ${PAIR_BAR} ns for a pair.`)
  process.exitCode = passed ? 0 : 1
}

main()
