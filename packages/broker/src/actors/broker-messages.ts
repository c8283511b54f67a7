import { type GenPoolError, type Change } from '@genpool/runtime'
import { type Ref } from 'nact'
import { z } from 'zod'
import { type DropFacts } from '../errors'
import { askOptions } from './ask-options'

const ASKS = ['ask', 'askR', 'nbAsk', 'nbAskR', 'dynamicAsk', 'dynamicAskR'] as const
export type AskKind = (typeof ASKS)[number]

/** The schema of the messages to a broker. */
export const brokerMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(ASKS), value: z.unknown().optional(), ...askOptions.omit({ as: true }).shape }),
  z.strictObject({ type: z.literal('cancel'), tag: z.unknown() }),
  z.strictObject({ type: z.literal('length') }),
  z.strictObject({ type: z.literal('lengthR') }),
  z.strictObject({ type: z.literal('changeConfig'), options: z.unknown() }),
])

/** A message to a broker. The answer goes to the address that sent it. */
export type BrokerMessage = z.input<typeof brokerMessage>
export type CheckedBrokerMessage = z.output<typeof brokerMessage>

/**
 * What each of the two parties learns about a match. Times are integer nanoseconds.
 *
 * @typeParam V what the other party brought
 */
export interface BrokerMatch<V = unknown> {
  /** The other party's actor, or undefined if it has none. */
  readonly ref: Ref<never> | undefined
  /** What the other party brought. */
  readonly value: V
  /** How much earlier this party was sent than the other: positive if this one waited, negative if the other did. */
  readonly relativeTime: number
  /** How long this party waited, from when it was sent. */
  readonly sojournTime: number
  /**
   * Reports that the request is done: the next one with its `key` or under its limit may start, and the budget learns how long
   * it took. Either party may call it; only the first call counts. Requests with a key, and all under a rate or limits, need it.
   *
   * @param ran whether it was run; if not, rates do not count it. Default: true
   */
  done(ran?: boolean): void
}

/** The answers of a broker to messages. `tag` repeats the tag of the message. */
export type BrokerAnswer =
  | ({ readonly type: 'go'; readonly tag: unknown } & BrokerMatch)
  | { readonly type: 'await'; readonly tag: unknown }
  | ({ readonly type: 'drop'; readonly tag: unknown } & DropFacts)
  | { readonly type: 'failed'; readonly tag: unknown; readonly error: GenPoolError }
  | { readonly type: 'cancelled'; readonly tag: unknown; readonly count: number }
  | { readonly type: 'length' | 'lengthR'; readonly length: number }
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
