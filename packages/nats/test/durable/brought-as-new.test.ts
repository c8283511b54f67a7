import { definePool, noReply, onEvent, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { type ActorSystemRef, start, stop } from 'nact'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'
import { until } from '../support/until'

/* nats-server 2.9 may bring a cast twice that comes again: once with its number, and once as a new one. */

/** Keeps the first cast that comes. Returns what brings it once more, as it came: as a new one. */
function keepsFirst(connection: NatsConnection): () => void {
  const subscribe = connection.subscribe.bind(connection)
  let bring: (() => void) | null = null
  connection.subscribe = (subject, options) => {
    const hear = options?.callback
    if (hear === undefined) return subscribe(subject, options)
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null && message.subject.startsWith('genpool.new.jobs.')) bring ??= () => hear(null, message)
      hear(error as never, message)
    }
    return subscribe(subject, { ...options, callback })
  }
  return () => bring?.()
}

let system: ActorSystemRef
let open = (): void => undefined
beforeEach(() => (system = start()))
afterEach(async () => {
  open()
  stop(system)
  await endJetStream()
})

/** A consumer that has one cast, whose handler waits for `open` each time, and fails. */
async function consuming() {
  const connection = await connectTo(await startJetStream())
  const bringAsNew = keepsFirst(connection)
  const runs = { begun: 0, atOnce: 0, most: 0, marks: 0 }
  const Work = definePool({
    casts: {
      fails: async () => {
        runs.begun++
        runs.most = Math.max(runs.most, ++runs.atOnce)
        await new Promise<void>((resolve) => (open = resolve))
        runs.atOnce--
        throw new Error('it fails')
      },
      mark: () => {
        runs.marks++
        return noReply()
      },
    },
  })
  const jobs = await durable<typeof Work>(connection, { name: 'new', maxDeliver: 2, backoff: { initial: 200 } })
  const pool = spawnPool(system, Work, 'new', { size: 4 })
  await jobs.consume(pool)
  await jobs.cast({ type: 'fails' })
  await until(() => runs.begun === 1, 'it has begun')
  /** Resolves when all that came before would have begun. */
  const passed = async (): Promise<void> => {
    const marks = runs.marks + 1
    await jobs.cast({ type: 'mark' })
    await until(() => runs.marks === marks, 'a later cast is done')
  }
  return { jobs, runs, bringAsNew, passed }
}

describe('a cast that a server brings once more as a new one', () => {
  it('while it is in hand: it does not run beside itself', async () => {
    const { runs, bringAsNew, passed } = await consuming()
    bringAsNew()
    await passed()
    expect(runs).toMatchObject({ begun: 1, most: 1 })
  })

  it('while it waits for its next attempt: it has no more attempts than "maxDeliver"', async () => {
    const { jobs, runs, bringAsNew, passed } = await consuming()
    let isAgain = false
    const off = onEvent('genpool:delivery', ({ outcome }) => void (isAgain ||= outcome === 'again'))
    open()
    await until(() => isAgain, 'it waits for its next attempt')
    off()
    bringAsNew()
    await passed()
    await until(() => runs.begun === 2, 'its next attempt has begun')
    bringAsNew()
    await passed()
    open()
    await until(async () => (await jobs.dead()).length === 1, 'it is dead')
    const [letter] = await jobs.dead()
    expect(letter!.history.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(runs).toMatchObject({ begun: 2, most: 1 })
  })
})
