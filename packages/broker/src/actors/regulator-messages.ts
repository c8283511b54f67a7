import { type Change, type GenPoolError } from '@genpool/runtime'
import { z } from 'zod'
import { type DropFacts } from '../errors'
import { askOptions } from './ask-options'

const ASKS = ['ask', 'nbAsk', 'dynamicAsk'] as const
export type RegulatorAskKind = (typeof ASKS)[number]

/** What a regulator understands. */
export const regulatorMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(ASKS), ...askOptions.omit({ as: true, priority: true, key: true }).shape }),
  z.strictObject({ type: z.enum(['done', 'continue']), tag: z.unknown() }),
  z.strictObject({ type: z.literal('update'), relativeTime: z.number() }),
  z.strictObject({ type: z.literal('cancel'), tag: z.unknown() }),
  z.strictObject({ type: z.enum(['length', 'size']) }),
  z.strictObject({ type: z.literal('changeConfig'), options: z.unknown() }),
])

/** A message that a regulator understands. `done` and `continue` are about the sender's task of that tag. */
export type RegulatorMessage = z.input<typeof regulatorMessage>
export type CheckedRegulatorMessage = z.output<typeof regulatorMessage>

/** The right to run. It lasts until `done`, until `continue` is refused, or until the actor that it was given to stops. */
export interface Permit {
  /** Since when the valve was open before this task was sent: negative if the task came first. Integer nanoseconds. */
  readonly relativeTime: number
  /** How long the task waited, in integer nanoseconds. */
  readonly sojournTime: number
  /** The task has ended; its place is free. Only the first call counts. */
  done(): void
  /** Whether the task may go on: if not, it does not count as running any more, and must end. */
  continue(): boolean
}

/** What a regulator answers to messages. `tag` is that of the question. */
export type RegulatorAnswer =
  | ({ readonly type: 'go'; readonly tag: unknown } & Permit)
  | { readonly type: 'await'; readonly tag: unknown }
  | { readonly type: 'stop' | 'goOn' | 'unknown'; readonly tag: unknown }
  | ({ readonly type: 'drop'; readonly tag: unknown } & DropFacts)
  | { readonly type: 'failed'; readonly tag: unknown; readonly error: GenPoolError }
  | { readonly type: 'cancelled'; readonly tag: unknown; readonly count: number }
  | { readonly type: 'length' | 'size'; readonly length: number }
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
