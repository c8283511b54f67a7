import { readFileSync } from 'node:fs'
import type { SimulatedOptions } from '../advisor/simulation'
import { numberOf } from './command'
import { Fault, usage } from './fault'

/** Arguments that are options of a pool. */
export const POOL_FLAGS = {
  size: { type: 'string', short: 's' },
  queue: { type: 'string', short: 'q' },
  order: { type: 'string' },
  target: { type: 'string' },
  interval: { type: 'string' },
  wait: { type: 'string' },
  max: { type: 'string' },
  timeout: { type: 'string' },
  options: { type: 'string', short: 'o' },
} as const

export type PoolFlags = { readonly [K in keyof typeof POOL_FLAGS]?: string | undefined }

export const POOL_HELP = `  -s, --size 8 | 2..16    how many members: a number, or bounds of an elastic size
  -q, --queue <type>      drop, timeout or codel
      --target <ms>       of codel: the acceptable wait
      --interval <ms>     of codel: how long waits may exceed it
      --wait <ms>         of timeout: the longest wait
      --max <n>           how many requests may wait
      --order <order>     fifo, lifo or adaptive
      --timeout <ms>      how long callers wait (default: as in the trace)
  -o, --options <json>    any other options of spawnPool, as JSON, or @file
`

/** @throws {Fault} if one is wrong */
export function poolOptionsOf(flags: PoolFlags): SimulatedOptions {
  const base = flags.options === undefined ? {} : jsonOf(flags.options)
  const timeout = numberOf('timeout', flags.timeout)
  const size = flags.size === undefined ? undefined : sizeOf(flags.size)
  const client = clientOf(flags)
  const broker = base.broker as { readonly client?: object } | undefined
  return {
    ...base,
    ...(timeout === undefined ? {} : { timeout }),
    ...(size === undefined ? {} : { size }),
    ...(client === undefined ? {} : { broker: { ...broker, client: { ...broker?.client, ...client } as never } }),
  }
}

function clientOf({ queue, order, target, interval, wait, max }: PoolFlags): object | undefined {
  const given = {
    type: queue ?? (wait !== undefined ? 'timeout' : (target ?? interval) !== undefined ? 'codel' : undefined),
    order,
    target: numberOf('target', target),
    interval: numberOf('interval', interval),
    timeout: numberOf('wait', wait),
    max: numberOf('max', max, { whole: true }),
  }
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function sizeOf(text: string): number | { readonly min: number; readonly max: number } {
  const [, min, max] = /^(\d+)\.\.(\d+)$/.exec(text) ?? []
  if (min !== undefined) return { min: Number(min), max: Number(max) }
  const size = Number(text)
  if (Number.isInteger(size) && size > 0) return size
  throw usage(`--size is wrong: expected a number such as 8, or bounds such as 2..16, got "${text}".`)
}

function jsonOf(text: string): SimulatedOptions {
  const json = text.startsWith('@') ? fileOf(text.slice(1)) : text
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The same words for both.
  }
  throw usage(`--options is wrong: expected an object in JSON, such as '{"breaker":true}', or @file, got "${text}".`)
}

function fileOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Fault(`--options: ${(error as Error).message}`)
  }
}
