import { OptionsError, readSafely, showValue } from '@genpool/runtime'
import { isThenable } from '../../behaviours/eventually'
import { type OpenSource, openSource, type Source } from './open-source'

/** @throws {OptionsError} if nothing can be read from it */
export function checkSource(source: unknown, what: string): void {
  if (typeof source === 'string' || !isIterable(source)) {
    const message = `expected an iterable or async iterable of messages, got ${showValue(source)}`
    throw new OptionsError(`The source of ${what} is wrong: ${message}.`, [{ path: ['source'], message }])
  }
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string'
  return readSafely(() => Symbol.asyncIterator in value || Symbol.iterator in value, false)
}

/** As `for await` has it: what `next` returns must be an object. Otherwise it would give undefined for ever. */
function notAResult(result: unknown): TypeError {
  return new TypeError(
    `The "next" of the source must return an object { done, value }; it returned ${showValue(result)}.`,
  )
}

/** Reads a source: never two items at once, and nothing after its end. */
export class SourceReader {
  ended = false
  /** Whether an item is on its way. */
  reading = false
  readonly #source: OpenSource

  constructor(source: Source<unknown>) {
    this.#source = openSource(source)
  }

  /** Asks for one item. One of the three is called: now, or later if the source has to be waited for. */
  read(to: { item(value: unknown): void; ended(): void; failed(error: unknown): void }): void {
    this.reading = true
    const failed = (error: unknown): void => {
      // As `for await` has it: an iterator that failed is not told to return.
      this.reading = false
      this.ended = true
      to.failed(error)
    }
    const item = (value: unknown): void => {
      this.reading = false
      to.item(value)
    }
    // A promise in a list: the list itself can still be closed.
    const itemFailed = (error: unknown): void => {
      this.reading = false
      this.end().then(undefined, () => undefined)
      to.failed(error)
    }
    const gotResult = (result: unknown): void => {
      if ((typeof result !== 'object' && typeof result !== 'function') || result === null) throw notAResult(result)
      const { done, value } = result as IteratorResult<unknown>
      if (done === true) {
        this.reading = false
        this.ended = true
        to.ended()
      } else if (isThenable(value)) value.then(item, itemFailed)
      else item(value)
    }
    const got = (result: unknown): void => {
      try {
        gotResult(result)
      } catch (error) {
        failed(error)
      }
    }
    try {
      const next: unknown = this.#source.next()
      if (isThenable(next)) next.then(got, failed)
      else got(next)
    } catch (error) {
      failed(error)
    }
  }

  /** Gives the source back before its end. An item that is on its way is not waited for: it may never come. */
  async end(): Promise<void> {
    if (this.ended) return
    this.ended = true
    const returned = this.#source.close()
    if (!this.reading) return void (await returned)
    if (isThenable(returned)) returned.then(undefined, () => undefined)
  }
}
