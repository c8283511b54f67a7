import { call, type CallOptions, defineTask, type PoolOptions, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/*
 * The examples of the READMEs of p-limit, p-queue and bottleneck: theirs and ours run beside each other, on one time, and the
 * same is seen of both.
 */

let system: ActorSystemRef
let clock: VirtualClock
/** Their time: that of `Date` and `setTimeout`. */
let startedAt: number
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'] })
  takeNoTimeForZero()
  startedAt = Date.now()
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
  jest.useRealTimers()
})

/** bottleneck has timeouts of 0, which take a millisecond each in the fake time. Here they take none. */
const takeNoTimeForZero = (): void => {
  const { setTimeout: begin, clearTimeout: end } = globalThis
  const setAny = (fn: () => void, ms?: number): unknown => ((ms ?? 0) > 0 ? begin(fn, ms) : setImmediate(fn))
  const clearAny = (timer: unknown): void => {
    if (timer instanceof Immediate) clearImmediate(timer as NodeJS.Immediate)
    else end(timer as NodeJS.Timeout)
  }
  Object.assign(globalThis, { setTimeout: setAny, clearTimeout: clearAny })
}
const probe = setImmediate(() => undefined)
const Immediate = probe.constructor as new () => NodeJS.Immediate

/** Lets all happen that happens now. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve))
  await clock.settle()
}

/** Lets time pass for both, one millisecond at a time. */
export const advance = async (ms: number): Promise<void> => {
  await settle()
  for (let i = 0; i < ms; i++) {
    await jest.advanceTimersByTimeAsync(1)
    await clock.advance(1)
    await settle()
  }
}

/** What one can see of a side: when which job began, how many ran at once, and how each ended. */
class Seen {
  readonly begun: [job: string, ms: number][] = []
  readonly ended: Record<string, string> = {}
  most = 0
  #running = 0

  constructor(
    private readonly now: () => number,
    private readonly wait: (ms: number) => Promise<unknown>,
    private readonly ms: number,
  ) {}

  /** The job that the examples call `fetchSomething`, `myFunction` or `someTask`. */
  readonly run = async (job: string): Promise<string> => {
    this.begun.push([job, this.now()])
    this.most = Math.max(this.most, ++this.#running)
    await this.wait(this.ms)
    this.#running--
    if (job.startsWith('bad')) throw new Error(`cannot fetch ${job}`)
    return `page of ${job}`
  }

  /** Writes down how a job ends. */
  note(job: string, promise: Promise<unknown>): void {
    promise.then(
      (value) => (this.ended[job] = String(value)),
      () => (this.ended[job] = 'failed'),
    )
  }

  get jobs(): string[] {
    return this.begun.map(([job]) => job)
  }

  get times(): number[] {
    return this.begun.map(([, ms]) => ms)
  }
}

/** Two sides whose jobs take `ms`, and our pool. */
export const sides = (options: PoolOptions = {}, ms = 10) => {
  const theirs = new Seen(
    () => Date.now() - startedAt,
    (wait) => new Promise((resolve) => setTimeout(resolve, wait)),
    ms,
  )
  const ours = new Seen(
    () => clock.now() / NS_PER_MS,
    (wait) => clock.wait(wait),
    ms,
  )
  const task = defineTask(async (job: string) => ours.run(job))
  const pool = spawnPool(system, task, 'pool', { clock, size: 20, ...options })
  const send = (job: string, more: CallOptions = {}) => ours.note(job, call(pool, job, more))
  const same = (): void => {
    expect({ begun: ours.begun, ended: ours.ended, most: ours.most }).toEqual({
      begun: theirs.begun,
      ended: theirs.ended,
      most: theirs.most,
    })
  }
  return { theirs, ours, pool, send, same }
}
export const jobs = Array.from({ length: 12 }, (_, n) => `job${n}`)

/** The most that began within any `interval`. */
export function mostWithin(times: readonly number[], interval: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + interval).length))
}
