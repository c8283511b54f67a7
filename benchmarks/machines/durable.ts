import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import { type NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, type Row } from '../measure'
import { startServer } from './setup'

const STORED = 20_000
const IN_FLIGHT = 64
const ROUNDS = 5

interface Sides {
  /** Casts per second. */
  ours(): Promise<number>
  theirs(): Promise<number>
}

/** Durable casts beside what users would write with JetStream alone: in one run, one after the other. */
export async function durableCasts(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'genpool-durable-'))
  const server = await startServer(['-js', '-sd', folder])
  const system = start()
  const connection = await server.connect()
  const jobs = await durable(connection, { name: 'jobs' })
  const manager = await jetstreamManager(connection as never)
  const common = { retention: RetentionPolicy.Workqueue, duplicate_window: 120e9, allow_direct: true }
  await manager.streams.add({ ...common, name: 'bare', subjects: ['bare'] })
  await manager.consumers.add('bare', { durable_name: 'bare', ack_policy: AckPolicy.Explicit, max_ack_pending: -1 })
  const rows: Row[] = []
  try {
    const message = { type: 'send', to: 'somebody@example.com', n: 5 }
    const js = jetstream(connection as never)
    const payload = JSON.stringify(message)
    let id = 0
    const stored = await compared({
      ours: () => perSecond(() => jobs.cast(message, { id: `ours-${id++}` })),
      theirs: () => perSecond(() => js.publish('bare', payload, { msgID: `bare-${id++}` })),
    })
    rows.push(rowOf(`durable casts stored / bare JetStream publish, ${IN_FLIGHT} in flight`, [0.8, 0.95], stored))
    // What was stored for the first rows is not measured again.
    await drainOurs(jobs, system)
    await drainTheirs(connection)
    const consumed = await compared({
      ours: async () => {
        await perSecond(() => jobs.cast(message))
        return drainOurs(jobs, system)
      },
      theirs: async () => {
        await perSecond(() => js.publish('bare', payload, { msgID: `bare-${id++}` }))
        return drainTheirs(connection)
      },
    })
    rows.push(rowOf('durable casts consumed / bare consumer that acknowledges', [0.7, 0.9], consumed))
  } finally {
    stop(system)
    await connection.close()
    server.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

interface Compared {
  readonly ratio: number
  readonly ours: number
  readonly theirs: number
}

async function compared({ ours, theirs }: Sides): Promise<Compared> {
  await ours()
  await theirs()
  const rounds: { readonly ours: number; readonly theirs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push({ ours: await ours(), theirs: await theirs() })
  return {
    ratio: median(rounds.map((round) => round.ours / round.theirs)),
    ours: median(rounds.map((round) => round.ours)),
    theirs: median(rounds.map((round) => round.theirs)),
  }
}

async function perSecond(one: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  let left = STORED
  const caller = async (): Promise<void> => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  return (STORED / (performance.now() - begun)) * 1000
}

/** How many a second a pool of 64 members does. */
async function drainOurs(jobs: Durable, system: ActorSystemRef): Promise<number> {
  const { waiting } = await jobs.inspect()
  const race = new Race(waiting)
  const Work = definePool({
    init: () => null,
    casts: {
      send: () => {
        race.oneDone()
        return noReply()
      },
    },
  })
  const pool = spawnPool(system, Work, `work-${performance.now()}`, { size: IN_FLIGHT, state: 'isolated' })
  const consumer = await jobs.consume(pool as never)
  const speed = await race.perSecond
  await consumer.stop()
  stop(pool)
  return speed
}

async function drainTheirs(connection: NatsConnection): Promise<number> {
  const consumer = await jetstream(connection as never).consumers.get('bare', 'bare')
  const { num_pending: waiting } = await consumer.info()
  const race = new Race(waiting)
  const messages = await consumer.consume({
    callback: (message) => {
      JSON.parse(message.string())
      message.ack()
      race.oneDone()
    },
  })
  const speed = await race.perSecond
  await messages.close()
  return speed
}

/** Measures from the first one that is done to the last. */
class Race {
  #left: number
  #begun = 0
  #end!: (perSecond: number) => void
  readonly perSecond = new Promise<number>((resolve) => (this.#end = resolve))

  constructor(private readonly count: number) {
    this.#left = count
  }

  oneDone(): void {
    if (this.#left === this.count) this.#begun = performance.now()
    if (--this.#left === 0) this.#end((this.count / (performance.now() - this.#begun)) * 1000)
  }
}

function rowOf(title: string, [atLeast, aim]: readonly [number, number], { ratio, ours, theirs }: Compared): Row {
  const detail = `${Math.round(ours)}/s against ${Math.round(theirs)}/s`
  return { title, value: ratio, unit: 'x', atLeast, aim, better: 'more', detail }
}
