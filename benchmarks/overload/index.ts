import type { PoolOptions } from '@genpool/core'
import { stop } from 'nact'
import { today } from '../calm/house'
import type { Row } from '../measure'
import { blockingRow } from './blocking'
import { fairRow } from './fair'
import { flood } from './flood'
import { peerServers } from './peers'
import { rowsOf, type Served } from './rows'
import { capacity, PATIENCE_MS, poolServer, SECONDS } from './servers'

/** The options of the rows named `interactive`. */
export const INTERACTIVE: PoolOptions = {
  broker: {
    client: { type: 'codel', order: 'adaptive', target: 50, interval: 250 },
    admission: { type: 'forecast', target: 50, interval: 250 },
  },
}

export interface Flooded {
  readonly rows: Row[]
  readonly results: readonly Served[]
}

/** Floods a pool and its peers with far more requests than they can serve. */
export async function overload(): Promise<Flooded> {
  const house = today()
  const { system } = house
  const servers = [
    poolServer(system, 'pool, interactive', INTERACTIVE),
    poolServer(system, 'pool, defaults', {}),
    ...(await peerServers(house)),
  ]
  const perSecond = await capacity(poolServer(system, 'calibration', {}))
  const results: Served[] = []
  for (const times of [2, 10]) {
    for (const server of servers) {
      process.stderr.write(`  overload ${times} x: ${server.name}\n`)
      const { send, count } = server
      const result = await flood({
        rate: times * perSecond,
        seconds: SECONDS,
        patience: PATIENCE_MS,
        capacity: perSecond,
        send,
        count,
      })
      results.push({ name: server.name, times, result })
    }
  }
  process.stderr.write('  overload: fair queue, blocking handler\n')
  const rows = [...rowsOf(results), await fairRow(system, perSecond), await blockingRow(system)]
  stop(system)
  return { rows, results }
}
