import type { Trace } from './trace'

/** The outcomes whose run was long enough to know how long it takes. */
const WHOLE = ['replied', 'crashed']

/** How long each request would run: as it did, or as another one of its type if it never ran, or not to its end. */
export function runTimes({ requests }: Trace, random: () => number): Float64Array {
  const known = new Map<string, number[]>()
  for (const { type, ranMs, outcome } of requests) {
    if (!WHOLE.includes(outcome)) continue
    const times = known.get(type)
    if (times === undefined) known.set(type, [ranMs])
    else times.push(ranMs)
  }
  return Float64Array.from(requests, ({ type, ranMs, outcome }) => {
    if (WHOLE.includes(outcome)) return ranMs
    const times = known.get(type) ?? []
    return Math.max(ranMs, times[Math.floor(random() * times.length)] ?? ranMs)
  })
}
