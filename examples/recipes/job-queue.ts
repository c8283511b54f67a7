/*
 * Jobs that must be done, whatever process or server ends meanwhile: stored first, tried again, and kept when all attempts fail.
 *
 *     node -r ts-node/register examples/recipes/job-queue.ts
 *
 * It needs nats-server, or NATS_URL; on Debian: apt-get install -y nats-server
 */
import { startNats } from './support/nats'
// #region pool
import { definePool, drain, noReply, spawnPool } from '@genpool/core'
import { type DeadLetter, durable } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { setTimeout as wait } from 'node:timers/promises'

/** Stands for a provider that knows idempotency keys: the same key again is not sent again. */
const sent = new Map<string, number>()
let isDown = true
async function send(key: string, order: number): Promise<void> {
  await wait(5)
  if (isDown && order === 7) throw new Error('the provider does not know order 7')
  sent.set(key, order)
}

const Invoices = definePool({
  casts: {
    send: async ({ order }: { order: number }, _state, ctx) => {
      // A job may run twice, if its process ends between its end and the word of it. The id is the same then.
      await send(ctx.delivery?.id ?? '', order)
      return noReply()
    },
  },
})

const queue = { name: 'invoices', maxDeliver: 3, backoff: { initial: 50 } }
// #endregion pool

async function main(): Promise<void> {
  // #region accept
  const nats = await startNats()
  // Where jobs come in: your HTTP server, for example.
  const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1 })
  const jobs = await durable<typeof Invoices>(connection, queue)
  const accept = (order: number) => jobs.cast({ type: 'send', order }, { id: `invoice-${order}` })

  const stored = await Promise.all(Array.from({ length: 100 }, (_, order) => accept(order)))
  console.log(`${stored.length} jobs are stored; nobody works yet`)
  const { duplicate } = await accept(0)
  console.log(`the first one again: duplicate ${duplicate}`)
  // #endregion accept

  // #region work
  // Where jobs are done: the same lines on each machine.
  const system = start()
  const pool = spawnPool(system, Invoices, 'invoices', { size: 8, state: 'isolated' })
  const consumer = await jobs.consume(pool)
  // #endregion work

  // #region dead
  const done = async (): Promise<void> => {
    for (;;) {
      const { waiting, inHand } = await jobs.inspect()
      if (waiting + inHand === 0) return
      await wait(20)
    }
  }
  await done()
  console.log(`${sent.size} invoices are sent`)
  const letters: DeadLetter[] = []
  // They come in pages of 100. All are read before one is sent again: it may die again, and is the last one then.
  for (
    let page = await jobs.dead();
    page.length > 0;
    page = await jobs.dead({ after: page.at(-1)!.seq })
  ) {
    letters.push(...page)
  }
  for (const letter of letters) {
    console.log(`dead after ${letter.attempts} attempts: ${letter.reason}`)
    isDown = false // somebody has mended it
    await jobs.retry(letter)
  }
  await done()
  console.log(`sent again: ${sent.size} invoices are sent`)
  // #endregion dead

  // #region stop
  await consumer.stop({ within: 10_000 }) // takes nothing new, and ends what it has
  await drain(pool)
  stop(system)
  await connection.close()
  await nats.close()
  // #endregion stop
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
