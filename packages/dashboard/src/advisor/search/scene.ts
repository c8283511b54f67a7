import { seeded } from '../random'
import type { Trace, TracedRequest } from '../trace'

/** The traffic of one trial: the trace, or what is made of it. */
export interface Scene {
  /** Blocks of the trace in another order, by this number; null for the trace as it is. */
  readonly resample: number | null
  /** Handlers run so many times as fast. */
  readonly speed: number
  /** So many times as many requests come in a second. */
  readonly crowd: number
}

export const AS_IT_WAS: Scene = { resample: null, speed: 1, crowd: 1 }

/** A resampled trace has so many blocks. Bursts that are longer than a block are cut. */
const BLOCKS = 10

/** The trace of a scene. The same seed gives the same one. */
export function traceIn({ resample, speed, crowd }: Scene, trace: Trace, seed: number): Trace {
  let { requests } = trace
  if (resample !== null) requests = resampled(requests, seeded(seed * 1009 + resample))
  if (speed === 1 && crowd === 1) return { ...trace, requests }
  return {
    ...trace,
    requests: requests.map((request) => ({ ...request, at: request.at / crowd, ranMs: request.ranMs / speed })),
  }
}

/**
 * Another evening like this one: blocks of time, drawn from the trace as often as it takes (a circular block bootstrap). Within a
 * block, everything is as it was, so bursts and what follows from them stay together.
 *
 * @see Politis and Romano, A circular block-resampling procedure for stationary data, 1992
 */
function resampled(requests: readonly TracedRequest[], random: () => number): TracedRequest[] {
  const first = requests[0]?.at ?? 0
  const length = (requests.at(-1)?.at ?? 0) - first
  const block = length / BLOCKS
  if (block === 0) return [...requests]
  const result: TracedRequest[] = []
  for (let n = 0; n < BLOCKS; n++) {
    const from = random() * length
    const add = (shift: number) => (request: TracedRequest) =>
      void result.push({ ...request, at: request.at - first - shift + n * block })
    between(requests, first + from, first + from + block).forEach(add(from))
    // What begins near the end goes on at the start.
    const over = from + block - length
    if (over > 0) between(requests, first, first + over).forEach(add(from - length))
  }
  return result
}

function between(requests: readonly TracedRequest[], from: number, to: number): readonly TracedRequest[] {
  return requests.slice(indexFrom(requests, from), indexFrom(requests, to))
}

/** The index of the first request that arrived then or later. */
function indexFrom(requests: readonly TracedRequest[], at: number): number {
  let [low, high] = [0, requests.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((requests[middle] as TracedRequest).at < at) low = middle + 1
    else high = middle
  }
  return low
}
