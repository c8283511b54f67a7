import { type BrokerOptions } from './broker-options'

/**
 * Options for common needs, each with its reason. Spread one and change what differs: `{ ...presets.interactive, budget: false }`.
 */
export const presets = {
  /**
   * Somebody waits for the answer. Waits above 100 ms that last for a second are an overload: then the newest are served first,
   * as they are the ones that are still waited for, and newcomers are told at once when to come back. Trades the order of
   * requests, and those that had bad luck, for short waits.
   */
  interactive: {
    client: { type: 'codel', order: 'adaptive', target: 100, interval: 1000 },
    admission: { type: 'forecast', target: 100, interval: 1000 },
    budget: true,
  },
  /**
   * Nobody looks at the clock, but work must not pile up without end. Ten thousand may wait, in order, for a minute at
   * most; what comes to a full queue is refused. Trades long waits for few refusals.
   */
  background: {
    client: { type: 'timeout', timeout: 60_000, max: 10_000 },
    admission: 'none',
    budget: true,
  },
  /** Everything has to be done, however long it takes. Trades memory, and any limit to waiting, for never refusing. */
  batch: {
    client: { type: 'drop' },
    admission: 'none',
    budget: false,
  },
} as const satisfies Readonly<Record<string, BrokerOptions>>
