import { type Waiting } from './waiting'

/** One of the lists of which a queue is made, oldest first. */
export interface Part<E extends Waiting> extends Iterable<E> {
  readonly length: number
  /** The newest first. Left out by what can be read from one end only. */
  fromNewest?(): Iterable<E>
}

/**
 * Some of the requests that wait: of each part its oldest and its newest, in proportion to its length, and at least one. So the work is
 * bounded, and whoever has most of what waits has most of the sample.
 *
 * @param most about how many, if there are not more parts; all of them if not more wait
 */
export function* sampleOf<E extends Waiting>(parts: Iterable<Part<E>>, waiting: number, most: number): Iterable<E> {
  const share = Math.min(1, most / waiting)
  for (const part of parts) {
    const some = Math.ceil(part.length * share)
    const newest = part.fromNewest === undefined || some === part.length ? 0 : some >> 1
    yield* first(part, some - newest)
    if (newest > 0 && part.fromNewest !== undefined) yield* first(part.fromNewest(), newest)
  }
}

function* first<E>(all: Iterable<E>, count: number): Iterable<E> {
  let left = count
  if (left === 0) return
  for (const one of all) {
    yield one
    if (--left === 0) return
  }
}

/** All requests, part by part. */
export function* allOf<E extends Waiting>(parts: Iterable<Part<E>>): Iterable<E> {
  for (const part of parts) yield* part
}
