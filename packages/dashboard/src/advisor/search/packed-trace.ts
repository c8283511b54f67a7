import type { Trace, TracedRequest } from '../trace'

/** A trace in memory that all threads share: each makes its own objects of it once. */
export interface PackedTrace {
  readonly pool: string
  readonly timeoutMs: number
  /** Seven numbers for each request; texts are indexes into `texts`. */
  readonly numbers: Float64Array
  readonly texts: readonly string[]
}

const FIELDS = 7

export function pack({ pool, timeoutMs, requests }: Trace): PackedTrace {
  const numbers = new Float64Array(new SharedArrayBuffer(requests.length * FIELDS * Float64Array.BYTES_PER_ELEMENT))
  const known = new Map<string, number>()
  const indexOf = (text: string): number => {
    let index = known.get(text)
    if (index === undefined) known.set(text, (index = known.size))
    return index
  }
  requests.forEach(({ at, type, priority, key, waitedMs, ranMs, outcome }, i) => {
    numbers.set([at, indexOf(type), priority, indexOf(key), waitedMs, ranMs, indexOf(outcome)], i * FIELDS)
  })
  return { pool, timeoutMs, numbers, texts: [...known.keys()] }
}

export function unpack({ pool, timeoutMs, numbers, texts }: PackedTrace): Trace {
  const textAt = (index: number): string => texts[numbers[index] as number] as string
  const requests = Array.from({ length: numbers.length / FIELDS }, (_, i): TracedRequest => {
    const at = i * FIELDS
    return {
      at: numbers[at] as number,
      type: textAt(at + 1),
      priority: numbers[at + 2] as number,
      key: textAt(at + 3),
      waitedMs: numbers[at + 4] as number,
      ranMs: numbers[at + 5] as number,
      outcome: textAt(at + 6),
    }
  })
  return { pool, timeoutMs, requests, lost: 0, broken: 0 }
}
