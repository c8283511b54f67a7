import fc from 'fast-check'
import { codelQueue, dropQueue, fairQueue, type Queue, type QueueOptions, timeoutQueue } from '../../src'
import { LayeredQueue } from '../../src/queues/layered-queue'
import { createQueue, queueOptions } from '../../src/queues/queue-options'
import { type Probe, queueContract, type QueueSubject } from '../../src/testing'
import { RUNS } from './runs'

const bounds = [
  {},
  { max: 3 },
  { max: 3, dropFrom: 'head' },
  { max: 0 },
  { order: 'lifo' },
  { order: 'lifo', max: 4 },
  { order: 'fifo' },
  { order: 'fifo', max: 4, dropFrom: 'head' },
]
const ages = [{ timeout: 20 }, { timeout: 0 }, { timeout: 20, min: 2 }, { timeout: Infinity, max: 2 }]
const codels = [
  { target: 10, interval: 20 },
  { target: 5, interval: 1, min: 1 },
  { target: 0, interval: 3, max: 5 },
]
const orders = [{}, { order: 'lifo' }, { order: 'adaptive' }]

/** Every combination of the given parts. */
function combine(...parts: readonly object[][]): object[] {
  return parts.reduce((all, part) => all.flatMap((left) => part.map((right) => ({ ...left, ...right }))), [{}])
}

/** One subject that stands for all configurations, so that each is reconfigured into every other. */
function subjects(
  make: (options: never, now: number, items: readonly Probe[]) => Queue<Probe>,
  all: object[],
): QueueSubject {
  let turn = 0
  return {
    create: (now, items) => make(all[turn++ % all.length] as never, now, items),
    reconfigurations: all,
  }
}

const fair = [
  { by: 'value', queue: { type: 'drop', max: 2 } },
  { by: { element: 2 }, queue: { type: 'codel', target: 5, interval: 10 } },
  { by: { hash: 2 }, queue: { type: 'timeout', timeout: 15, min: 1 } },
  {
    by: (value: unknown) => (value as number[])[0],
    queue: { type: 'codel', order: 'adaptive', target: 5, interval: 3 },
  },
]

const any: object[] = [
  ...combine([{ type: 'drop' }], bounds),
  ...combine([{ type: 'timeout' }], ages),
  ...combine([{ type: 'codel' }], codels, orders),
  ...combine([{ type: 'fair' }], fair),
]

function layered(options: QueueOptions, now: number, items: readonly Probe[]): Queue<Probe> {
  const checked = queueOptions.parse(options)
  const queue = new LayeredQueue<Probe>(checked, createQueue<Probe>(checked, now))
  const dropped = items.flatMap((item) => {
    queue.enqueue(item, now)
    return queue.decision.dropped
  })
  // Creation reports all that its items led to.
  Object.assign(queue.decision, { dropped })
  return queue
}

const all: readonly (readonly [string, QueueSubject])[] = [
  ['drop', subjects(dropQueue, bounds)],
  ['timeout', subjects(timeoutQueue, combine(ages, [{}, { order: 'lifo' }, { dropFrom: 'head' }]))],
  ['CoDel', subjects(codelQueue, combine(codels, orders, [{}, { dropFrom: 'head' }]))],
  ['fair', subjects(fairQueue, fair)],
  ['layered', subjects(layered, any)],
]

describe.each(all)('the %s queue', (_, subject) => {
  it.each(queueContract.map((law) => [law.name, law] as const))('%s', (_name, law) => {
    law.check(subject, { fc, runs: RUNS })
  })
})
