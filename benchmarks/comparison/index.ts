import { stop } from 'nact'
import { today } from '../calm/house'
import { flood } from '../overload/flood'
import { peerServers } from '../overload/peers'
import type { Served } from '../overload/rows'
import { capacity, PATIENCE_MS, poolServer, SECONDS } from '../overload/servers'
import { INTERACTIVE } from '../overload'
import { boundedServers } from './peers'

/** Floods a pool and other libraries, each with what it has against overload. */
export async function comparison(): Promise<readonly Served[]> {
  const house = today()
  const { system } = house
  const servers = [
    poolServer(system, 'pool, defaults', {}),
    poolServer(system, 'pool, interactive', INTERACTIVE),
    ...(await peerServers(house)),
    ...(await boundedServers()),
  ]
  const perSecond = await capacity(poolServer(system, 'calibration', {}))
  const results: Served[] = []
  for (const times of [2, 10]) {
    for (const { name, send, count } of servers) {
      process.stderr.write(`  comparison ${times} x: ${name}\n`)
      const load = { rate: times * perSecond, seconds: SECONDS, patience: PATIENCE_MS, capacity: perSecond }
      results.push({ name, times, result: await flood({ ...load, send, count }) })
    }
  }
  stop(system)
  return results
}
