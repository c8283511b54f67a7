import fastq from 'fastq'
import { now, perSecond } from '../../measure'
import type { House } from '../house'
import { pools } from '../pools'
import { type Contender, type Race, rival } from '../race'
import { ask, asyncWork, tell } from '../work'

const LONG = 1_000_000
const SHORT = 1000

/** Queues `waiting` requests at once, again and again until a million were served: both sides pay for their garbage. */
function queued(waiting: number, serve: (waiting: number) => Promise<unknown>): Contender {
  return {
    unit: LONG,
    run: async (count) => {
      const start = now()
      for (let done = 0; done < count; done += waiting) await serve(waiting)
      return perSecond(count, start)
    },
  }
}

function casts(house: House, waiting: number): Contender {
  const { cast } = house.core
  const [pool] = pools(house)
  const { ref, arrivals } = pool!
  return queued(waiting, () => {
    const all = arrivals.expect(waiting)
    for (let n = 0; n < waiting; n++) cast(ref, tell(n))
    return all
  })
}

function calls(house: House, waiting: number): Contender {
  const { call } = house.core
  const [pool] = pools(house)
  return queued(waiting, () => Promise.all(Array.from({ length: waiting }, (_, n) => call(pool!.ref, ask(n)))))
}

function pushes(waiting: number): Contender {
  const queue = fastq.promise(asyncWork, 8)
  return queued(waiting, () => Promise.all(Array.from({ length: waiting }, (_, n) => queue.push(ask(n)))))
}

/** A million that wait against a thousand. */
export const million: readonly Race[] = [
  {
    title: '1 000 000 casts at once, queued and served',
    ours: (house) => casts(house, LONG),
    mixed: false,
    effort: { processes: 3, rounds: 6 },
    rivals: [rival('1 000 at once', (house) => casts(house, SHORT), 0.8, 0.95)],
  },
  {
    title: '1 000 000 calls at once',
    ours: (house) => calls(house, LONG),
    mixed: false,
    effort: { processes: 1, rounds: 3 },
    rivals: [
      rival('1 000 at once', (house) => calls(house, SHORT)),
      rival('1 000 000 pushes to fastq.promise', () => pushes(LONG)),
    ],
  },
]
