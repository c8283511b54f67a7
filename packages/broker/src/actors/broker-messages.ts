import { type GenPoolError, type Change } from '@genpool/runtime'
import { type Ref } from 'nact'
import { z } from 'zod'
import { type DropFacts } from '../errors'
import { askOptions } from './ask-options'

const ASKS = ['ask', 'askR', 'nbAsk', 'nbAskR', 'dynamicAsk', 'dynamicAskR'] as const
export type AskKind = (typeof ASKS)[number]

/** What a broker understands. */
export const brokerMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(ASKS), value: z.unknown().optional(), ...askOptions.omit({ as: true }).shape }),
  z.strictObject({ type: z.literal('cancel'), tag: z.unknown() }),
  z.strictObject({ type: z.literal('length') }),
  z.strictObject({ type: z.literal('lengthR') }),
  z.strictObject({ type: z.literal('changeConfig'), options: z.unknown() }),
])

/** A message that a broker understands. Those who ask are answered at the address that sent it. */
export type BrokerMessage = z.input<typeof brokerMessage>
export type CheckedBrokerMessage = z.output<typeof brokerMessage>

/**
 * What each of the two parties learns of a match. Times are integer nanoseconds.
 *
 * @typeParam V what the other party brought
 */
export interface BrokerMatch<V = unknown> {
  /** The other party's actor, or undefined if it stands for none. */
  readonly ref: Ref<never> | undefined
  /** What the other party brought. */
  readonly value: V
  /** How much earlier this party was sent than the other: positive if it waited, negative if the other did. */
  readonly relativeTime: number
  /** How long this party waited, from when it was sent. */
  readonly sojournTime: number
  /**
   * Tells that the request is done: the next of its `key` may follow, and the budget learns how long it took. Either party
   * may call it; only the first call counts. It is needed for requests with a key.
   */
  done(): void
}

/** What a broker answers to messages. `tag` is that of the question. */
export type BrokerAnswer =
  | ({ readonly type: 'go'; readonly tag: unknown } & BrokerMatch)
  | { readonly type: 'await'; readonly tag: unknown }
  | ({ readonly type: 'drop'; readonly tag: unknown } & DropFacts)
  | { readonly type: 'failed'; readonly tag: unknown; readonly error: GenPoolError }
  | { readonly type: 'cancelled'; readonly tag: unknown; readonly count: number }
  | { readonly type: 'length' | 'lengthR'; readonly length: number }
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
