import { OptionsError } from '@genpool/runtime'
import type { BrokerPort } from '../pool/broker-port'
import { type CheckedPoolOptions, isBrokerRef } from '../pool/options'
import type { Pool } from '../pool/pool'
import { ElasticSize } from './elastic-size'
import type { CheckedSizeOptions } from './size-options'

/** @throws {OptionsError} if the size is to follow a broker that other pools use, too */
export function checkSize({ size, broker }: CheckedPoolOptions): void {
  if (typeof size !== 'object' || !isBrokerRef(broker)) return
  const message = 'an elastic size needs a broker of its own; with a shared one, give a number'
  throw new OptionsError(`"size" is wrong: ${message}.`, [{ path: ['size'], message }])
}

/** Has the size follow the load from now on; `start` it. */
export function makeElastic(pool: Pool, options: CheckedSizeOptions): ElasticSize {
  const port = pool.port as BrokerPort
  const elastic = new ElasticSize(pool, port.engine, options)
  pool.elastic = port.elastic = elastic
  return elastic
}

/** Changes the size of a pool that runs: to a number, or to bounds, or from one to the other. */
export function applySize(pool: Pool, size: number | CheckedSizeOptions): void {
  const { elastic, port, roster } = pool
  if (typeof size === 'object') {
    if (elastic === null) makeElastic(pool, size).start(0)
    else elastic.configure(size)
    return
  }
  if (elastic !== null) {
    elastic.close()
    pool.elastic = (port as BrokerPort).elastic = null
  }
  if (size !== roster.size) roster.resize(size)
}
