import { type BrokerOptions } from './broker-options'

/**
 * Options for common needs, each with its reason. Spread one and change some options: `{ ...presets.interactive, budget: false }`.
 */
export const presets = {
  /**
   * For callers who wait for the answer. If waits stay above 100 ms for a second, that is an overload: the newest requests are
   * then served first, since their callers are still waiting, and new requests are refused at once with a time to retry. Gives
   * up order and some old requests for short waits.
   */
  interactive: {
    client: { type: 'codel', order: 'adaptive', target: 100, interval: 1000 },
    admission: { type: 'forecast', target: 100, interval: 1000 },
    budget: true,
  },
  /**
   * For work without a caller who waits, but which must not pile up without end. Up to 10 000 requests wait, in order, for at
   * most a minute; a full queue refuses new ones. Accepts long waits for few refusals.
   */
  background: {
    client: { type: 'timeout', timeout: 60_000, max: 10_000 },
    admission: 'none',
    budget: true,
  },
  /** For work that must all be done, however long it takes. Accepts unlimited memory and waits, and never refuses. */
  batch: {
    client: { type: 'drop' },
    admission: 'none',
    budget: false,
  },
} as const satisfies Readonly<Record<string, BrokerOptions>>
