import { inOrder, OptionsError, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { normal, seeded } from './random'
import type { Trace, TracedRequest } from './trace'

const positive = z.number().positive()

/**
 * Traffic in a few numbers, where there is no trace.
 *
 * @example traceOf({ rate: 100, seconds: 60, runMs: { p50: 20, p99: 100 } })
 */
export const loadOptions = z.strictObject({
  seconds: positive.describe('How long requests come.'),
  rate: positive.describe('How many come in a second on average; they come at random (Poisson).'),
  bursts: z
    .strictObject({
      every: positive.describe('From the start of one burst to the next, in seconds.'),
      seconds: positive.describe('How long a burst is.'),
      rate: positive.describe('How many come in a second of it.'),
    })
    .optional()
    .describe('Times in which more come.'),
  runMs: z
    .strictObject({
      p50: positive.describe('Half of the runs take this long or less, in milliseconds.'),
      p99: positive.describe('99 % of the runs take this long or less; the distribution is log-normal.'),
    })
    .refine(...inOrder('p50', 'p99'))
    .describe('How long handlers run.'),
  patience: positive.default(5000).describe('How long callers wait, in milliseconds.'),
  seed: z.number().int().default(1).describe('The same seed gives the same requests.'),
})
export type Load = z.input<typeof loadOptions>

/** More requests are refused: they would take minutes, and more memory than there may be. */
const MOST_REQUESTS = 5_000_000

/** The 99th percentile of the normal distribution, in deviations. */
const Z99 = 2.3263

/**
 * Makes a trace from a description, for `simulate`.
 *
 * @throws {OptionsError} if an option is wrong
 * @example const trace = traceOf({ rate: 100, seconds: 60, runMs: { p50: 20, p99: 100 } })
 */
export function traceOf(load: Load): Trace {
  const { seconds, rate, bursts, runMs, patience, seed } = parseOptions(loadOptions, load, 'options of the load')
  const random = seeded(seed)
  const deviation = Math.max(0, Math.log(runMs.p99 / runMs.p50)) / Z99
  const rateAt = (ms: number): number =>
    bursts !== undefined && (ms / 1000) % bursts.every < bursts.seconds ? bursts.rate : rate
  const highest = Math.max(rate, bursts?.rate ?? 0)
  checkSize(highest * seconds)
  const requests: TracedRequest[] = []
  // Thinning: candidates come at the highest rate, and are kept with the share of the rate at their time.
  for (let at = next(0); at < seconds * 1000; at = next(at)) {
    if (random() * highest >= rateAt(at)) continue
    const ranMs = runMs.p50 * Math.exp(deviation * normal(random))
    requests.push({ at, type: 'request', priority: 0, key: '', waitedMs: 0, ranMs, outcome: 'replied' })
  }
  return { pool: 'load', timeoutMs: patience, requests, lost: 0, broken: 0 }

  function next(at: number): number {
    return at - (Math.log(1 - random()) * 1000) / highest
  }
}

function checkSize(requests: number): void {
  if (requests <= MOST_REQUESTS) return
  const message = `expected "seconds" and the highest rate to make ${MOST_REQUESTS} requests at most, got about ${requests.toPrecision(3)}`
  throw new OptionsError(`The options of the load are wrong; nothing was changed.\n  at seconds: ${message}`, [
    { path: ['seconds'], message },
  ])
}
