import { OptionsError, parseOptions, readSafely, showValue, wrongArgument } from '@genpool/runtime'
import { z } from 'zod'
import { brokerBehind, type BrokerRef } from './brokers'

type AnyBroker = BrokerRef<never, never>

/** How `betterOf` chooses. */
export interface Choosing {
  /** Whose wait to compare: that of requests (`ask`) or that of members (`askR`). Default `ask`. */
  readonly side?: 'ask' | 'askR' | undefined
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

const side = z.enum(['ask', 'askR'])
const choosingOptions = z.strictObject({
  side: side.optional(),
  random: z.custom<() => number>((value) => typeof value === 'function', 'expected a function').optional(),
})

/** @throws {OptionsError} if it is none; the error names the public function `of` */
export function checkSide(given: unknown, of: string): 'ask' | 'askR' {
  return parseOptions(side, given, `sides given to ${of}`)
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
  return chosen(brokers, {}, 'better')
}

/**
 * `better` with options.
 *
 * @example await ask(betterOf([near, far]), 'who is faster?')
 */
export function betterOf<B extends AnyBroker>(brokers: readonly B[], choosing: Choosing = {}): B {
  if (!Array.isArray(brokers))
    throw wrongArgument({ of: 'betterOf', argument: 'list', expected: 'an array of brokers' }, brokers)
  const isQuick = readSafely(() => isSound(choosing), false)
  return chosen(
    brokers,
    isQuick ? choosing : parseOptions(choosingOptions, choosing, 'options of betterOf'),
    'betterOf',
  )
}

/**
 * Returns a random broker. @throws {OptionsError} if none is given, or it is not a broker
 *
 * @example await ask(random(left, right), 'either will do')
 */
export function random<B extends AnyBroker>(...brokers: readonly B[]): B {
  const broker = pick(brokers, Math.random, 'random')
  brokerBehind(broker, 'random')
  return broker
}

function chosen<B extends AnyBroker>(brokers: readonly B[], choosing: Choosing, of: string): B {
  const { side = 'ask', random = Math.random } = choosing
  const first = pick(brokers, random, of)
  const { gauges, shell } = brokerBehind(first, of)
  const others = brokers.filter((broker) => broker !== first)
  if (others.length === 0) return first
  const second = pick(others, random, of)
  const other = brokerBehind(second, of)
  const wait = gauges.sojourn(side, shell.turn.now())
  return wait < other.gauges.sojourn(side, other.shell.turn.now()) ? first : second
}

function pick<B>(brokers: readonly B[], chance: () => number, of: string): B {
  if (brokers.length === 0) throw new OptionsError(`There is no broker to choose from. Pass at least one to ${of}.`)
  const number = chance()
  if (number >= 0 && number < 1) return brokers[Math.floor(number * brokers.length)] as B
  const message = `expected a function that returns a number from 0 to below 1; it returned ${showValue(number)}`
  throw new OptionsError(`The option "random" of ${of} is wrong: ${message}.`, [{ path: ['random'], message }])
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
