import { OptionsError } from '@genpool/runtime'
import { brokerOf, type BrokerRef } from './brokers'

type AnyBroker = BrokerRef<never, never>

/** How `betterOf` chooses. */
export interface Choosing {
  /** Whose wait to compare: that of requests (`ask`) or that of members (`askR`). Default `ask`. */
  readonly side?: 'ask' | 'askR'
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Returns the better of two random brokers: the one with the shorter wait, event loop delay included.
 *
 * Comparing two is nearly as good as comparing all, and does not send every request to the same broker.
 *
 * @example await ask(better(a, b, c), value)
 * @throws {OptionsError} if no broker is given, or an argument is not a broker
 * @see Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001; sbetter
 */
export function better<B extends AnyBroker>(...brokers: readonly B[]): B {
  return betterOf(brokers)
}

/** `better` with options. */
export function betterOf<B extends AnyBroker>(brokers: readonly B[], choosing: Choosing = {}): B {
  const { side = 'ask', random = Math.random } = choosing
  const first = pick(brokers, random)
  const others = brokers.filter((broker) => broker !== first)
  if (others.length === 0) return first
  const second = pick(others, random)
  return sojourn(first, side) < sojourn(second, side) ? first : second
}

/** Returns a random broker. @throws {OptionsError} if none is given */
export function random<B extends AnyBroker>(...brokers: readonly B[]): B {
  return pick(brokers, Math.random)
}

function pick<B>(brokers: readonly B[], chance: () => number): B {
  const broker = brokers[Math.floor(chance() * brokers.length)]
  if (broker === undefined) throw new OptionsError('There is no broker to choose from. Pass at least one.')
  return broker
}

function sojourn(broker: AnyBroker, side: 'ask' | 'askR'): number {
  const { gauges, shell } = brokerOf(broker)
  return gauges.sojourn(side, shell.turn.now())
}
