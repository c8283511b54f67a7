import { type Waiting } from './waiting'

/** One of the lists of which a queue is made, oldest first. */
export interface Part<E extends Waiting> extends Iterable<E> {
  readonly length: number
}

/**
 * Some of the requests that wait: of each part its oldest, in proportion to its length, and at least one. So the work is bounded,
 * and whoever has most of what waits has most of the sample.
 *
 * @param most about how many, if there are not more parts; all of them if not more wait
 */
export function* sampleOf<E extends Waiting>(parts: Iterable<Part<E>>, waiting: number, most: number): Iterable<E> {
  const share = Math.min(1, most / waiting)
  for (const part of parts) {
    let left = Math.ceil(part.length * share)
    if (left === 0) continue
    for (const entry of part) {
      yield entry
      if (--left === 0) break
    }
  }
}

/** All requests, part by part. */
export function* allOf<E extends Waiting>(parts: Iterable<Part<E>>): Iterable<E> {
  for (const part of parts) yield* part
}
