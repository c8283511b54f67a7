/*
 * A pool whose size follows its load: calm, then a burst of eight times as many requests, then calm again. Every tenth
 * of a second, a line shows the load, the busy members and the idle ones.
 *
 *     node -r ts-node/register examples/elastic.ts
 */
import { call, definePool, drain, inspect, reply, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { setTimeout as pause } from 'node:timers/promises'

/** How long each request waits for its database, in milliseconds. */
const SERVICE = 20
/** When the burst starts, when it ends, and when the example ends, in milliseconds. */
const [BURST, CALM, END] = [600, 2000, 4000]
/** How often a line is drawn, in milliseconds. */
const STEP = 100

const opened = { most: 0, ever: 0, now: 0 }

const Lookup = definePool({
  // Here a member would open its connection to the database.
  init: () => {
    opened.ever++
    opened.most = Math.max(opened.most, ++opened.now)
    return {}
  },
  calls: {
    find: async (msg: { id: number }) => {
      await pause(SERVICE)
      return reply(`row ${msg.id}`)
    },
  },
  // Here it would close the connection.
  terminate: () => void opened.now--,
})

const system = start()
const pool = spawnPool(system, Lookup, 'lookup', {
  state: 'isolated',
  // One to twenty members. Members that were not needed for half a second end.
  size: { min: 1, max: 20, idle: 500 },
})

/** How many requests arrive each second. */
const rateAt = (ms: number): number => (ms >= BURST && ms < CALM ? 400 : 50)

const waits: number[] = []

async function ask(id: number): Promise<void> {
  const begun = performance.now()
  await call(pool, { type: 'find', id })
  waits.push(performance.now() - begun - SERVICE)
}

/** Draws one moment: `=` stands for 20 requests a second, `#` for a busy member, `.` for an idle one. */
function draw(ms: number): void {
  const { members, waiting } = inspect(pool)
  const load = '='.repeat(rateAt(ms) / 20).padEnd(20)
  const size = ('#'.repeat(members.busy) + '.'.repeat(members.idle + members.starting)).padEnd(20)
  console.log(
    `${(ms / 1000).toFixed(1).padStart(6)} s  ${load}  ${size}  ${waiting > 0 ? `${waiting} waiting` : ''}`.trimEnd(),
  )
}

async function main(): Promise<void> {
  console.log('Each request waits 20 ms for a database. The pool may have 1 to 20 members, each with a connection.\n')
  console.log('    time  load (= 20/s)         members (# busy, . idle)')
  const begun = performance.now()
  const answers: Promise<void>[] = []
  let due = 0
  let next = 0
  for (let ms = 0; ms < END; ms = performance.now() - begun) {
    for (; due <= ms; due += 1000 / rateAt(due)) answers.push(ask(answers.length))
    if (ms >= next) {
      draw(next)
      next += STEP
    }
    await pause(5)
  }
  await Promise.all(answers)
  waits.sort((a, b) => a - b)
  const median = Math.max(0, waits[Math.floor(waits.length / 2)]!)
  console.log(
    `\n${waits.length} requests were answered; half of them waited less than ${Math.ceil(median)} ms for a member. ` +
      `At most ${opened.most} connections were open at once, ${inspect(pool).size} at the end.`,
  )
  await drain(pool)
  console.log(`The pool has stopped: ${opened.ever} connections were opened in all, ${opened.now} are still open.`)
  stop(system)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
