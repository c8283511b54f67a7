/*
 * Measures what a broker costs: nanoseconds per operation for each queue, empty and with a million waiting requests, and
 * the memory of a waiting request.
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
/** As in a process that has run for some seconds: its clock times are beyond V8's small integers, which cost less. */
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

/** The request without the fields that waiting adds, and with one pointer that links a million of them. */
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

/** The best of five rounds after a warm-up: other work on the machine can only make a round slower. */
function measured(round: () => number): number {
  round()
  return Math.min(round(), round(), round(), round(), round())
}

/** A request waits, then a member comes. No request is ever late, so none is dropped. */
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

/** The same behind a million requests that wait. */
function pairBehind(options: BrokerOptions): number {
  const broker = filled({ ...options, admission: 'none' })
  return measured(() =>
    time(100_000, (i) => {
      broker.ask(new Request(i, START), START)
      broker.take(START)
    }),
  )
}

/** Removes requests from the middle of a million that wait. */
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

/** Keeps what is measured alive; otherwise V8 may collect it too early. */
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
  console.log(
    passed ? 'All limits are met.' : `Missed: ${MEMORY_BAR} bytes per request, or ${PAIR_BAR} ns per ask and askR.`,
  )
  process.exitCode = passed ? 0 : 1
}

main()
