import { seeded } from '../random'
import { runTimes } from '../run-times'
import type { Trace } from '../trace'

/** How many members would be busy on average if no request waited (in erlang). */
export function offeredLoad(trace: Trace): number {
  const busyMs = runTimes(trace, seeded(2)).reduce((sum, ms) => sum + ms, 0)
  const lastsMs = (trace.requests.at(-1)?.at ?? 0) - (trace.requests[0]?.at ?? 0)
  return lastsMs === 0 ? trace.requests.length : busyMs / lastsMs
}

/** How many requests would run at once at most if none waited: with so many members, none waits for one. */
export function peakLoad(trace: Trace): number {
  const times = runTimes(trace, seeded(2))
  const begins = trace.requests.map(({ at }) => at)
  const ends = trace.requests.map(({ at }, i) => at + (times[i] ?? 0)).sort((a, b) => a - b)
  let [running, peak, ended] = [0, 0, 0]
  for (const begin of begins) {
    running++
    for (; (ends[ended] ?? Infinity) <= begin; ended++) running--
    peak = Math.max(peak, running)
  }
  return peak
}
