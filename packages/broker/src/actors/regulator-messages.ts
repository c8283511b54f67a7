import { type Change, type GenPoolError } from '@genpool/runtime'
import { z } from 'zod'
import { type DropFacts } from '../errors'
import { askOptions } from './ask-options'

const ASKS = ['ask', 'nbAsk', 'dynamicAsk'] as const
export type RegulatorAskKind = (typeof ASKS)[number]

/** The schema of the messages to a regulator. */
export const regulatorMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(ASKS), ...askOptions.omit({ as: true, priority: true, key: true }).shape }),
  z.strictObject({ type: z.enum(['done', 'continue']), tag: z.unknown() }),
  z.strictObject({ type: z.literal('update'), relativeTime: z.number() }),
  z.strictObject({ type: z.literal('cancel'), tag: z.unknown() }),
  z.strictObject({ type: z.enum(['length', 'size']) }),
  z.strictObject({ type: z.literal('changeConfig'), options: z.unknown() }),
])

/** A message to a regulator. `done` and `continue` refer to the sender's task with that tag. */
export type RegulatorMessage = z.input<typeof regulatorMessage>
export type CheckedRegulatorMessage = z.output<typeof regulatorMessage>

/** The right to run. It ends with `done`, when `continue` is refused, or when the actor that got it stops. */
export interface Permit {
  /** How long the valve was open before this task was sent; negative if the task came first. Integer nanoseconds. */
  readonly relativeTime: number
  /** How long the task waited, in integer nanoseconds. */
  readonly sojournTime: number
  /** Ends the task and frees its place. Only the first call counts. */
  done(): void
  /** Whether the task may continue. If not, it no longer counts as running, and must end. */
  continue(): boolean
}

/** The answers of a regulator to messages. `tag` repeats the tag of the message. */
export type RegulatorAnswer =
  | ({ readonly type: 'go'; readonly tag: unknown } & Permit)
  | { readonly type: 'await'; readonly tag: unknown }
  | { readonly type: 'stop' | 'goOn' | 'unknown'; readonly tag: unknown }
  | ({ readonly type: 'drop'; readonly tag: unknown } & DropFacts)
  | { readonly type: 'failed'; readonly tag: unknown; readonly error: GenPoolError }
  | { readonly type: 'cancelled'; readonly tag: unknown; readonly count: number }
  | { readonly type: 'length' | 'size'; readonly length: number }
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
