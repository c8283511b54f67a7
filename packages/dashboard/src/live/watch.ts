import { inspect, type PoolRef } from '@genpool/core'
import { isRemote } from '../remote-figures'
import type { Watched } from './watched'
import { WatchedPool } from './watched-pool'
import { WatchedRemote } from './watched-remote'

/** Watches pools, of this process and elsewhere. Their names: those of the pools, with a number behind it where several have the same. */
export function watch(pools: readonly PoolRef[], nowMs: () => number): ReadonlyMap<string, Watched> {
  const watched = new Map<string, Watched>()
  for (const pool of pools) {
    const figures = inspect(pool)
    let id = figures.name
    for (let n = 2; watched.has(id); n++) id = `${figures.name} (${n})`
    watched.set(id, isRemote(figures) ? new WatchedRemote(id, pool, nowMs) : new WatchedPool(id, pool, nowMs))
  }
  return watched
}
