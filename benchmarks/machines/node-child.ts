/* One node of the benchmark, as a process of its own: `node-child.js '{"servers":…,"runMs":…}'`. */
import { call, definePool, reply, spawnPool } from '@genpool/core'
import { serve } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start } from 'nact'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ChildSetup {
  readonly servers: string
  readonly name: string
  readonly runMs: number
}

/** What it tells its parent at the end: how many handlers began, and how many of them after their caller gave up. */
export interface ChildReport {
  readonly ran: number
  readonly late: number
}

async function main(): Promise<void> {
  const { servers, name, runMs } = JSON.parse(process.argv[2]!) as ChildSetup
  let ran = 0
  let late = 0
  const Work = definePool({
    init: () => null,
    calls: {
      echo: ({ value }: { value: number }) => reply(value),
      work: async ({ value, until = Infinity }: { value: number; until?: number }) => {
        ran++
        if (Date.now() > until) late++
        await sleep(runMs)
        return reply(value)
      },
    },
  })
  const pool = spawnPool(start(), Work, name, {
    size: 8,
    state: 'isolated',
    broker: { client: { type: 'codel', target: 20, interval: 200, max: 1000 } },
  })
  const connection = await connect({ servers })
  // What users would write without this package: a responder, and a queue group.
  connection.subscribe(`bare.${name}`, { callback: (_, message) => void message.respond(message.data) })
  connection.subscribe(`group.${name}`, {
    queue: 'workers',
    callback: (_, message) => {
      const value = Number(message.string())
      void call(pool, { type: 'work', value }, { timeout: 60_000 }).then(
        () => message.respond('done'),
        () => undefined,
      )
    },
  })
  await serve(pool as never, connection, { name })
  process.on('message', () => process.send!({ ran, late } satisfies ChildReport))
  process.send!('ready')
}

void main()
