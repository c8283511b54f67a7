import { letGo, type Nanos, OptionsError, readSafely, showValue } from '@genpool/runtime'
import { FairQueue } from './fair-queue'
import { LeafQueue } from './leaf-queue'
import { type Decision, type Queue } from './queue'
import { type Waiting } from './waiting'

const METHODS = ['oldest', 'enqueue', 'dequeue', 'timeout', 'cancel', 'remove', 'configure', 'drain'] as const

/**
 * What a user's function made, as a queue that keeps to its types. One of our queues is returned as it is.
 *
 * @throws {OptionsError} if it is no queue
 */
export function usersQueue<E extends Waiting>(made: Queue<E>): Queue<E> {
  if (readSafely(() => made instanceof LeafQueue || made instanceof FairQueue, false)) return made
  const missing = METHODS.find((name) => readSafely(() => typeof made[name] !== 'function', true))
  if (missing === undefined) return new UsersQueue<E>(made)
  letGo(made)
  const message = `the function must return a queue, and ${showValue(made)} has no method "${missing}"`
  throw new OptionsError(`A queue of your own cannot be used: ${message}.`, [{ path: ['client'], message }])
}

/** Refuses promises where a queue must decide at once: an async method would otherwise end the process when it rejects. */
class UsersQueue<E extends Waiting> implements Queue<E> {
  constructor(private readonly queue: Queue<E>) {}

  get length(): number {
    return this.queue.length
  }

  get max(): number {
    return this.queue.max
  }

  get decision(): Decision<E> {
    return this.queue.decision
  }

  [Symbol.iterator](): Iterator<E> {
    return this.queue[Symbol.iterator]()
  }

  oldest(): Nanos | null {
    return atOnce('oldest', this.queue.oldest())
  }

  enqueue(entry: E, now: Nanos): void {
    atOnce('enqueue', this.queue.enqueue(entry, now))
  }

  dequeue(now: Nanos): E | null {
    return atOnce('dequeue', this.queue.dequeue(now))
  }

  timeout(now: Nanos): void {
    atOnce('timeout', this.queue.timeout(now))
  }

  cancel(tag: unknown, now: Nanos): number {
    return atOnce('cancel', this.queue.cancel(tag, now))
  }

  remove(entry: Waiting, now: Nanos): boolean {
    return atOnce('remove', this.queue.remove(entry, now))
  }

  configure(options: unknown, now: Nanos): void {
    atOnce('configure', this.queue.configure(options, now))
  }

  drain(): E[] {
    return atOnce('drain', this.queue.drain())
  }
}

function atOnce<T>(method: string, result: T): T {
  if (!isPromise(result)) return result
  letGo(result)
  throw new TypeError(`"${method}" of the queue returned a promise: a queue decides at once, so write it without async`)
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    readSafely(() => typeof (value as PromiseLike<unknown>).then === 'function', false)
  )
}
