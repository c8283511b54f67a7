/* One node of a pool, as a process of its own: `node-process.ts '{"servers":[…],"name":…}'`. It stops gently on SIGTERM. */
import { spawnPool } from '@genpool/core'
import { serve } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start, stop } from 'nact'
import { openSync, writeSync } from 'node:fs'
import { workers } from './behaviour'
import { moveWallClock } from './wall-clock'

interface NodeSetup {
  readonly servers: readonly string[]
  readonly name: string
  readonly size: number
  readonly runMs: number
  /** By how much its wall clock is wrong. */
  readonly skewMs?: number
  /** The file to which the ids of requests are written when their handlers begin. */
  readonly log: string
}

async function main(): Promise<void> {
  const { servers, name, size, runMs, skewMs = 0, log } = JSON.parse(process.argv[2]!) as NodeSetup
  if (skewMs !== 0) moveWallClock(skewMs)
  const connection = await connect({ servers: [...servers], reconnectTimeWait: 100, maxReconnectAttempts: -1 })
  const system = start()
  const file = openSync(log, 'a')
  const spans = openSync(`${log}.spans`, 'a')
  const behaviour = workers(
    (id) => void writeSync(file, `${id}\n`),
    runMs,
    (span) => void writeSync(spans, `${JSON.stringify(span)}\n`),
  )
  const pool = spawnPool(system, behaviour, name, { size, broker: { client: { type: 'drop', max: 10_000 } } })
  const service = await serve(pool as never, connection, { name })
  process.on('SIGTERM', () => {
    void (async () => {
      await service.stop({ within: 10_000 })
      stop(system)
      await connection.close()
    })()
  })
  process.stdout.write(`ready ${service.id}\n`)
}

void main()
