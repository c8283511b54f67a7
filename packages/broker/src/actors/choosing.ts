import { OptionsError, parseOptions } from '@genpool/runtime'
import { z } from 'zod'
import { brokerOf, type BrokerRef } from './brokers'

type AnyBroker = BrokerRef<never, never>

/** How `betterOf` chooses. */
export interface Choosing {
  /** Whose wait to compare: that of requests (`ask`) or that of members (`askR`). Default `ask`. */
  readonly side?: 'ask' | 'askR'
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

const side = z.enum(['ask', 'askR'])
const choosingOptions = z.strictObject({
  side: side.optional(),
  random: z.custom<() => number>((value) => typeof value === 'function', 'expected a function').optional(),
})

/** @throws {OptionsError} if it is none */
export function checkSide(given: unknown): 'ask' | 'askR' {
  return parseOptions(side, given, 'sides of a broker')
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
  const { side = 'ask', random = Math.random } = isSound(choosing)
    ? choosing
    : parseOptions(choosingOptions, choosing, 'options of betterOf')
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

/** Quicker than the schema: a broker is chosen for each message. What is not sound at a glance goes to the schema. */
function isSound(choosing: Choosing | null): choosing is Choosing {
  if (typeof choosing !== 'object' || choosing === null) return false
  for (const key in choosing) if (key !== 'side' && key !== 'random') return false
  const { side, random } = choosing
  return (
    (side === undefined || side === 'ask' || side === 'askR') && (random === undefined || typeof random === 'function')
  )
}
