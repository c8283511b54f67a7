/*
 * Draws the pictures of docs/guide/ideas.md. Time is virtual and chance has a seed, so they are the same on every machine.
 */
import { call, definePool, getState, reply, spawnPool } from '@genpool/core'
import { type BrokerOptions } from '@genpool/broker'
import { virtualClock } from '@genpool/core/testing'
import { start, stop } from 'nact'
import { bars } from '../../benchmarks/report/bars'
import { plot } from '../../benchmarks/report/plot'
import { exponential, simulate, type Outcome } from '../../packages/broker/test/simulation/simulation'

/** The name of each picture, and the picture. */
export async function pictures(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['ideas-codel', codel()],
    ['ideas-goodput', goodput()],
    ['ideas-order', order()],
    ['ideas-commits', await commits()],
  ])
}

const inOrder: BrokerOptions = { client: { type: 'timeout', timeout: 500 }, budget: false }
const fifo: BrokerOptions = { client: { type: 'drop', order: 'fifo' } }
const codelQueue: BrokerOptions = { client: { type: 'codel', order: 'adaptive', target: 50, interval: 500 } }

/** Eight members, 10 ms of work, callers that wait 500 ms. */
const at = (load: number, broker: BrokerOptions): Outcome =>
  simulate({ seconds: 10, members: () => 8, service: () => 10, patience: 500, rate: () => load * 800, broker })

const loads = [1, 1.1, 1.25, 1.5, 2, 3, 5, 10]
const byLoad = (broker: BrokerOptions, value: (outcome: Outcome) => number): [number, number][] =>
  loads.map((load) => [load, value(at(load, broker))])

function goodput(): string {
  const percent = (outcome: Outcome): number => outcome.goodput * 100
  return plot({
    title: 'Answers in time, by how much too much arrives',
    y: '% of what could be answered',
    x: 'load: arrivals, as a multiple of what can be served',
    series: [
      { name: 'a pool', points: byLoad({}, percent) },
      { name: 'oldest first, until 500 ms old', points: byLoad(inOrder, percent) },
    ],
  })
}

function order(): string {
  const median = (outcome: Outcome): number => outcome.median
  return plot({
    title: 'The median answer, by how much too much arrives',
    y: 'ms',
    x: 'load: arrivals, as a multiple of what can be served',
    series: [
      { name: 'oldest first, never too late', points: byLoad(fifo, median) },
      { name: 'newest first under overload', points: byLoad({}, median) },
    ],
  })
}

/** A fifth too much work, while the work gets slower. */
function codel(): string {
  const times = [5, 10, 20, 40]
  const median = (broker: BrokerOptions): [number, number][] =>
    times.map((ms) => {
      const service = (_at: number, random: () => number): number => exponential(ms, random)
      const rate = (): number => (1.2 * 8000) / ms
      return [ms, simulate({ seconds: 20, members: () => 8, patience: 2000, service, rate, broker }).median]
    })
  return plot({
    title: 'The median answer at a load of 1.2, by how long the work takes',
    y: 'ms',
    x: 'ms of work for one request',
    series: [
      { name: 'a queue of at most 40', points: median({ client: { type: 'drop', order: 'fifo', max: 40 } }) },
      { name: 'CoDel, target 50 ms', points: median(codelQueue) },
    ],
  })
}

/** What is left of 1 000 updates by handlers that await between reading and writing. */
async function commits(): Promise<string> {
  const rows: [string, number][] = []
  for (const size of [1, 2, 4, 8])
    rows.push([`overwrite, ${size} member${size > 1 ? 's' : ''}`, await left(size, 'overwrite')])
  rows.push(['pool, 8 members', await left(8, 'retry')])
  return bars('1 000 updates of a counter: how many it has', rows, { unit: '' })
}

async function left(size: number, commit: 'overwrite' | 'retry'): Promise<number> {
  const Counter = definePool({
    init: () => ({ count: 0 }),
    calls: {
      add: async (_message, { count }) => {
        await Promise.resolve()
        return reply(count, { count: count + 1 })
      },
    },
  })
  const system = start()
  // Its time stands still: on a real clock, a slow moment of the machine changes who commits in between.
  const pool = spawnPool(system, Counter, 'counter', { size, state: { commit }, clock: virtualClock() })
  await Promise.all(Array.from({ length: 1000 }, () => call(pool, { type: 'add' })))
  const { count } = getState(pool) as { count: number }
  stop(system)
  return count
}
