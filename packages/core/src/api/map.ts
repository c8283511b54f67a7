import { parseOptions } from '@genpool/runtime'
import { Duplex } from 'node:stream'
import type { AnswerTo, AnyCall, PoolRef, Protocol } from '../behaviours/protocol'
import type { AnyRef, NotElsewhere, Receiver } from './elsewhere'
import { type CheckedMapOptions, mapOptions, type MapOptions } from './many/map-options'
import { Mapping } from './many/mapping'
import type { Source } from './many/open-source'
import { checkSource } from './many/source'
import { receiverOf } from './pool-of'

/** The results of `map`. Nothing is begun before the first one is asked for. */
export interface Results<R> extends AsyncIterableIterator<R, undefined, undefined> {
  /** Leaves early, also while a result is waited for: what waits never runs, what runs is cancelled, the source is closed. */
  return(): Promise<IteratorResult<R, undefined>>
  [Symbol.asyncIterator](): Results<R>
  /** Collects all results in a list. */
  toArray(): Promise<R[]>
}

/**
 * Sends many messages through a pool, and takes from their source only what can be worked on.
 *
 * Items are taken one by one while fewer than `inFlight` are in hand; an item is in hand until its result was handed over. So
 * neither a long source nor a slow consumer fills the memory. Results come in the order of their items, unless `ordered: false`.
 *
 * The first error ends everything: calls in flight are cancelled, results that are ready come first, then the error is thrown.
 * With `onError: 'collect'` all items are tried, and an AggregateError comes last; a function is told of each error. A consumer
 * that leaves early gives everything back: waiting calls never run, running ones see `ctx.signal`, the source is closed.
 *
 * @param source calls to the pool: any iterable or async iterable, a stream, a generator that never ends
 * @param options `inFlight` (default: as many as members may work at once), `ordered`, `onError`, `signal`, and for each call
 *   `timeout`, `retry`, `priority`, and `key`, a function of the message
 * @throws {OptionsError} at once, if the source or an option is wrong; nothing is begun
 * @example for await (const page of map(pages, urls, { inFlight: 20, ordered: false })) await save(page)
 */
export function map<P extends Protocol, const M extends AnyCall<P>, I = unknown>(
  pool: PoolRef<P> & AnyRef<I>,
  source: Source<M>,
  options?: MapOptions<NoInfer<M>> & NotElsewhere<I, 'retry'>,
): Results<AnswerTo<P, M>> {
  const target = receiverOf(pool, 'map')
  checkSource(source, `map over pool "${target.name}"`)
  const checked = parseOptions(
    mapOptions,
    options === undefined ? {} : options,
    `options of map over pool "${target.name}"`,
  )
  checkRetry(target, checked)
  const mapped = {
    name: target.name,
    get mostAtOnce() {
      return target.mostAtOnce
    },
    call: target.call.bind(target),
  }
  return resultsOf(new Mapping(mapped, source, checked)) as Results<AnswerTo<P, M>>
}

/**
 * `map` as a stream: takes messages, and gives their results. Both sides are in object mode.
 *
 * It reads ahead by what is in hand and what the buffers of a stream hold. A failed call destroys it with its error, and so does
 * `signal`; when it is destroyed, everything is given back.
 *
 * @throws {OptionsError} if an option is wrong
 * @example await pipeline(lines, mapStream(pool, { inFlight: 20 }), out)
 */
export function mapStream<P extends Protocol, I = unknown>(
  pool: PoolRef<P> & AnyRef<I>,
  options?: MapOptions<AnyCall<P>> & NotElsewhere<I, 'retry'>,
): Duplex {
  // Wrong arguments are told here, and not by the stream.
  const target = receiverOf(pool, 'mapStream')
  const given = options === undefined ? {} : options
  checkRetry(target, parseOptions(mapOptions, given, `options of mapStream over pool "${target.name}"`))
  return Duplex.from((source: AsyncIterable<AnyCall<P>>) => map<P, AnyCall<P>>(pool, source, options))
}

/** Not every pool retries its calls. @throws {OptionsError} if this one does not */
function checkRetry(target: Receiver, { retry }: CheckedMapOptions): void {
  if (retry !== undefined) target.checkCalls?.({ retry })
}

function resultsOf(mapping: Mapping): Results<unknown> {
  const generator = mapping.run()
  const results: Results<unknown> = {
    next: () => generator.next() as Promise<IteratorResult<unknown, undefined>>,
    return() {
      mapping.leave()
      return generator.return() as Promise<IteratorResult<unknown, undefined>>
    },
    [Symbol.asyncIterator]: () => results,
    async toArray() {
      const all: unknown[] = []
      for await (const result of results) all.push(result)
      return all
    },
  }
  return results
}
