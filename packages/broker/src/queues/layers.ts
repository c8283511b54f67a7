import { type Nanos } from '@genpool/runtime'
import { type Part } from './part'
import { type Queue } from './queue'
import { type Waiting } from './waiting'

/** A queue that holds some requests back: those behind others of their key, or behind a limit. */
export interface Layers<E extends Waiting> extends Queue<E> {
  /** How many could be served now: all except those held back by a key. */
  readonly ready: number
  /** The lists of what waits. Between them is no order: a sort of many takes longer than all else that a look at them does. */
  parts(): Iterable<Part<E>>
  /** How many would be served before a new request of this priority. */
  ahead(priority: number): number
  /** Whether a new request has to wait although a member is idle. */
  mustStepBack(entry: E, now: Nanos): boolean
  /** Reports that `entry` is served without waiting. */
  start(entry: E, now: Nanos): void
  /** Reports that a request is done or was not served after all. */
  release(entry: E, now: Nanos, ran?: boolean): void
  /** Takes back one that was handed out, and that keeps the turn of its key. */
  readmit(entry: E, now: Nanos, ran?: boolean): void
  /** Gives one that waits another priority: it stands where its age puts it. It has no key. False if it does not wait here. */
  move(entry: E, priority: number, now: Nanos): boolean
  /** @throws {InvalidError} if a new request would be refused, since its key or its cost is wrong. Nothing changes */
  check(entry: E): void
}
