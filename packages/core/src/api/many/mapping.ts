import { CancelledError, sentence, textOf } from '@genpool/runtime'
import type { CallOptions } from '../../pool/message-options'
import { onAbort } from '../../requests/on-abort'
import type { CheckedMapOptions } from './map-options'
import type { Source } from './open-source'
import { AsTheyCome, InOrder, type ResultQueue } from './result-queue'
import { SourceReader } from './source'

/** The pool, as a mapping sees it. */
export interface Mapped {
  readonly name: string
  /** How many requests can be worked on at once. */
  readonly mostAtOnce: number
  call(message: unknown, options: CallOptions): Promise<unknown>
}

/**
 * One run of `map`: sends items of a source as calls to a pool, and hands their results over.
 *
 * An item is in hand from the time that it is taken from the source until its result is handed over. Never more than `inFlight`
 * are, so a slow consumer holds the source back, too.
 */
export class Mapping {
  readonly #results: ResultQueue
  readonly #abort = new AbortController()
  readonly #callOptions: CallOptions
  #source: SourceReader | null = null
  /** How many items were taken from the source. */
  #taken = 0
  #inHand = 0
  #filling = false
  /** How many of them have no result yet. */
  #running = 0
  /** Why it ends early. */
  #failure: { readonly error: unknown } | null = null
  #left = false
  #sourceFault: { readonly error: unknown } | null = null
  readonly #errors: unknown[] = []
  /** Lets the consumer, who waits for a result, look again. */
  #wake: (() => void) | null = null

  constructor(
    private readonly pool: Mapped,
    private readonly items: Source<unknown>,
    private readonly options: CheckedMapOptions,
  ) {
    this.#results = options.ordered ? new InOrder() : new AsTheyCome()
    const { timeout, priority, retry } = options
    this.#callOptions = {
      signal: this.#abort.signal,
      ...(timeout === undefined ? {} : { timeout }),
      ...(retry === undefined ? {} : { retry }),
      ...(priority === undefined ? {} : { priority }),
    }
  }

  async *run(): AsyncGenerator<unknown, void, undefined> {
    const unwatch = this.#watchSignal()
    try {
      // Calls come and go all the time: with this the signal keeps its one listener, which saves a fifth of a short item.
      onAbort(this.#abort.signal, () => undefined)
      this.#source = new SourceReader(this.items)
      for (;;) {
        this.#fill()
        const result = this.#results.take()
        if (result !== undefined) {
          this.#inHand--
          // Before the consumer works with it: members need not wait for that.
          this.#fill()
          yield result.value
        } else if (this.#isOver()) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      unwatch()
      await this.#end()
    }
  }

  /** The consumer leaves, perhaps while it waits for a result. */
  leave(): void {
    this.#left = true
    this.#changed()
  }

  /** Whether nothing follows. @throws what it failed with */
  #isOver(): boolean {
    if (this.#left) return true
    if (this.#failure !== null) throw this.#failure.error
    if (this.#source?.ended !== true || this.#inHand > 0) return false
    if (this.#errors.length > 0) throw this.#allErrors()
    if (this.#sourceFault !== null) throw this.#sourceFault.error
    return true
  }

  #allErrors(): AggregateError {
    const says =
      `${this.#errors.length} of ${this.#taken} calls to pool "${this.pool.name}" failed; the first error: ` +
      textOf(this.#errors[0])
    const fault = this.#sourceFault
    if (fault === null) return new AggregateError(this.#errors, says)
    return new AggregateError(
      [...this.#errors, fault.error],
      `${sentence(says)} Then its source failed: ${textOf(fault.error)}`,
    )
  }

  #watchSignal(): () => void {
    const { signal } = this.options
    if (signal === undefined) return () => undefined
    const cancel = (): void => this.#fail(this.#cancelled(signal))
    if (!signal.aborted) return onAbort(signal, cancel)
    cancel()
    return () => undefined
  }

  #cancelled({ reason }: AbortSignal): CancelledError {
    const { name } = this.pool
    if (this.#running > 0 || this.#taken === 0) return new CancelledError(name, this.#running > 0, reason)
    const waits = this.#source?.reading === true ? 'it waited for its source' : 'its results waited to be taken'
    const says = `A map over pool "${name}" was cancelled by its caller while ${waits}; no request of it was running.`
    return new CancelledError(name, false, reason, says)
  }

  // --- in ---

  /** Takes what there is room for. An item that is there at once comes back into this loop, and does not begin another one. */
  #fill(): void {
    if (this.#filling) return
    const source = this.#source as SourceReader
    const most = this.options.inFlight ?? this.pool.mostAtOnce
    this.#filling = true
    while (!source.reading && !source.ended && this.#failure === null && this.#inHand < most) source.read(this.#reader)
    this.#filling = false
  }

  readonly #reader = {
    item: (message: unknown): void => {
      if (this.#failure !== null || this.#left) return
      this.#begin(message)
      this.#fill()
    },
    ended: (): void => this.#changed(),
    failed: (error: unknown): void => this.#sourceFailed(error),
  }

  #begin(message: unknown): void {
    const index = this.#taken++
    this.#inHand++
    this.#running++
    this.#call(message).then(
      (value) => {
        this.#running--
        this.#results.add(index, value)
        this.#changed()
      },
      (error: unknown) => {
        this.#running--
        this.#callFailed(index, message, error)
      },
    )
  }

  #call(message: unknown): Promise<unknown> {
    const { key } = this.options
    if (key === undefined) return this.pool.call(message, this.#callOptions)
    try {
      return this.pool.call(message, { ...this.#callOptions, key: key(message as never) })
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  // --- what goes wrong ---

  #callFailed(index: number, message: unknown, error: unknown): void {
    if (this.#failure !== null || this.#left) return
    const { onError } = this.options
    if (onError === 'stop') return this.#fail(error)
    this.#results.skip(index)
    this.#inHand--
    if (onError === 'collect') this.#errors.push(error)
    else this.#tell(onError, error, message)
    this.#fill()
    this.#changed()
  }

  #tell(onError: (error: unknown, message: unknown) => unknown, error: unknown, message: unknown): void {
    const fail = (fault: unknown): void => this.#fail(fault)
    try {
      void Promise.resolve(onError(error, message)).catch(fail)
    } catch (fault) {
      fail(fault)
    }
  }

  /** What is in hand is finished first, unless the first error ends everything. */
  #sourceFailed(error: unknown): void {
    if (this.options.onError === 'stop') return this.#fail(error)
    this.#sourceFault = { error }
    this.#changed()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#abort.abort(error)
    this.#changed()
  }

  // --- out ---

  #changed(): void {
    this.#wake?.()
    this.#wake = null
  }

  async #end(): Promise<void> {
    this.#left = true
    this.#abort.abort()
    const ended = this.#source?.end()
    // The first error is the one that the consumer gets, also if the source never ends.
    if (this.#failure !== null) ended?.catch(() => undefined)
    else await ended
  }
}
