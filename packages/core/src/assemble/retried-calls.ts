import type { Nanos, Timer } from '@genpool/runtime'
import { rerunsOf } from '../policies/supervision/supervision-options'
import { Retries, type RetryPorts } from '../policies/retry/retries'
import type { Kernel } from '../pool/kernel'
import type { CallOptions } from '../pool/message-options'
import type { Attachment } from '../pool/ports'
import type { Tries } from '../requests/tries'
import type { RetryOptions } from '../requests/retry-options'
import type { CheckedPoolOptions } from './options'

/** The pool whose calls are repeated. */
interface RetryingPool {
  readonly kernel: Kernel
  /** The options as they are now. */
  readonly options: CheckedPoolOptions
}

/** Makes what repeats the calls of a pool. */
export function retriesOf(pool: RetryingPool): Retries {
  return new Retries(new PoolRetryPorts(pool))
}

/** What retries see of a pool and may do to it. */
class PoolRetryPorts implements RetryPorts {
  readonly #kernel: Kernel

  constructor(private readonly pool: RetryingPool) {
    this.#kernel = pool.kernel
  }

  attach(part: Attachment): void {
    this.#kernel.attachments.attach(part)
  }

  detach(part: Attachment): void {
    this.#kernel.attachments.detach(part)
  }

  get name(): string {
    return this.#kernel.name
  }

  get stopping(): boolean {
    return this.#kernel.status.stopping
  }

  get cause(): unknown {
    return this.#kernel.status.cause
  }

  get accepted(): number {
    return this.#kernel.recorder.counters.accepted
  }

  get timeout(): number {
    return this.pool.options.timeout
  }

  get poisonAfter(): number {
    return this.pool.options.poisonAfter
  }

  rerunsOf(type: string): number | undefined {
    return rerunsOf(type, this.pool.options.retryOnCrash)
  }

  now(): Nanos {
    return this.#kernel.turn.refresh()
  }

  random(): number {
    return this.#kernel.callbacks.random()
  }

  after(ms: number, fn: () => void, holds?: boolean): Timer {
    return this.#kernel.timers.after(ms, fn, holds)
  }

  try(message: unknown, options: CallOptions, tries: Tries): Promise<unknown> {
    return this.#kernel.intake.try(message, options, tries)
  }
}

/** The `retry` of a call and its other options; undefined without it. What cannot be read is refused where all options are. */
export function splitRetry(options: CallOptions): { retry: RetryOptions; one: Omit<CallOptions, 'retry'> } | undefined {
  try {
    if (options.retry === undefined) return undefined
    const { retry, ...one } = options
    return { retry, one }
  } catch {
    return undefined
  }
}
