/* Consumes a queue of durable casts, as a process of its own: `consumer-process.ts '{"servers":[…],"name":…}'`. It stops gently on SIGTERM. */
import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Effects } from './effects'

interface ConsumerSetup {
  readonly servers: readonly string[]
  readonly name: string
  readonly size: number
  readonly runMs: number
  readonly ackWait: number
  /** The file to which the numbers of casts are written when their handlers begin. */
  readonly log: string
}

async function main(): Promise<void> {
  const { servers, name, size, runMs, ackWait, log } = JSON.parse(process.argv[2]!) as ConsumerSetup
  const connection = await connect({ servers: [...servers], reconnectTimeWait: 100, maxReconnectAttempts: -1 })
  const effects = await new Effects(connection).open()
  const file = openSync(log, 'a')
  const Work = definePool({
    init: () => null,
    casts: {
      work: async ({ n }: { n: number }, _state, ctx) => {
        writeSync(file, `${n}\n`)
        await sleep(runMs)
        await effects.commit(name, ctx.delivery!.id, String(n))
        return noReply()
      },
      poison: () => process.exit(1),
    },
  })
  const system = start()
  const pool = spawnPool(system, Work, name, { size })
  const jobs = await durable(connection, { name, lanes: 4, ackWait, maxDeliver: 3, backoff: { initial: 20 } })
  const consumer = await jobs.consume(pool as never)
  process.on('SIGTERM', () => {
    void (async () => {
      await consumer.stop({ within: 10_000 })
      stop(system)
      await connection.close()
    })()
  })
  process.stdout.write(`ready ${consumer.id}\n`)
}

void main()
