import { type Nanos } from '@genpool/runtime'

/** What holds a request back: a rate, the limits of its key, or a handler that backs off. */
export type HoldingLimit = 'rate' | 'limits' | 'backOff'

/** Is told which requests a limit holds back, and when it lets them go. It must not call the broker. */
export interface HoldWatch<E> {
  /** Whether it wants to be told now. Looked at before each call of `held`, which is rare; `freed` must be cheap. */
  readonly isOn: boolean
  /**
   * A limit holds the request back from now on. It may be told so again.
   *
   * @param key the key whose limit it is; undefined for a rate of all
   */
  held(entry: E, limit: HoldingLimit, key: unknown, now: Nanos): void
  /** No limit holds the request any more. Also called for requests that none has held. */
  freed(entry: E, now: Nanos): void
}

/** Nobody is told. */
export const NO_WATCH: HoldWatch<unknown> = Object.freeze({
  isOn: false,
  held: () => undefined,
  freed: () => undefined,
})
