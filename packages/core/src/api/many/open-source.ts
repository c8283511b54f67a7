import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** What items come from: read one after the other, and only when there is room. */
export type Source<T> = Iterable<T | Promise<T>> | AsyncIterable<T>

/** A source that is being read. */
export interface OpenSource {
  /** An iterator result, or a promise of one. */
  next(): unknown
  /** Closes the source before its end. Where the source allows it, also while an item is on its way. */
  close(): unknown
}

/**
 * Opens a source.
 *
 * The iterator of a stream is a generator: it returns only when the next item has come, which may be never. So streams are closed
 * by their own means. A generator that waits cannot be closed by anybody else.
 */
export function openSource(source: Source<unknown>): OpenSource {
  if (isWebStream(source)) return openWebStream(source)
  const iterator = iteratorOf(source)
  const close = (): unknown => iterator.return?.()
  if (!isNodeStream(source)) return { next: () => iterator.next(), close }
  return {
    next: () => iterator.next(),
    close() {
      source.destroy()
      return close()
    },
  }
}

function iteratorOf(source: Source<unknown>): Iterator<unknown> | AsyncIterator<unknown> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  return (source as Iterable<unknown>)[Symbol.iterator]()
}

/** Its reader is released when the end was read: a stream closes as soon as its last item is, and a reader without it reads no end. */
function openWebStream(stream: ReadableStream): OpenSource {
  const reader = stream.getReader()
  const release = (): void => reader.releaseLock()
  const next = async (): Promise<unknown> => {
    const result = await reader.read().catch((error: unknown) => {
      release()
      throw error
    })
    if (result.done) release()
    return result
  }
  return { next, close: () => reader.cancel().finally(release) }
}

const has = (source: object, ...names: readonly string[]): boolean =>
  names.every((name) => typeof (source as Record<string, unknown>)[name] === 'function')

const isNodeStream = (source: object): source is Readable => has(source, 'pipe', 'destroy')

const isWebStream = (source: object): source is ReadableStream => has(source, 'getReader', 'cancel')
