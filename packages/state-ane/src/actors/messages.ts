import { faultsOf } from '@genpool/runtime'
import type { Patch } from 'immer'
import type { Ref } from 'nact'
import { z } from 'zod'
import { InvalidError } from '../errors'

const version = z.int().nonnegative()
const actor = z
  .custom<Ref<never>>(
    (ref) => typeof ref === 'object' && ref !== null && 'path' in ref && 'system' in ref,
    'expected an actor',
  )
  .optional()

/** The schema of the messages to a state actor. */
const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('read') }),
  z.strictObject({ type: z.literal('update'), recipe: z.string(), argument: z.unknown().optional() }),
  z.strictObject({ type: z.literal('patch'), base: version, patches: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal('compareAndSet'), version, next: z.unknown() }),
  z.strictObject({ type: z.literal('watch'), watcher: actor }),
  z.strictObject({ type: z.literal('unwatch'), watcher: actor }),
])

/** The messages to a state actor. The default `watcher` is the sender of the message. */
export type StateMessage<S> =
  | { readonly type: 'read' }
  /** Runs the recipe with this name on the latest value. */
  | { readonly type: 'update'; readonly recipe: string; readonly argument?: unknown }
  /** Applies patches if `base` is still the latest version. */
  | { readonly type: 'patch'; readonly base: number; readonly patches: readonly Patch[] }
  | { readonly type: 'compareAndSet'; readonly version: number; readonly next: S }
  | { readonly type: 'watch'; readonly watcher?: Ref<Changed<S>> }
  | { readonly type: 'unwatch'; readonly watcher?: Ref<Changed<S>> }

/** The answer: the current value. The answer to compareAndSet also says whether it committed. */
export interface Snapshot<S> {
  readonly value: S
  readonly version: number
  readonly done?: boolean
}

/** Sent to watchers once for each commit, in the order of the commits. */
export interface Changed<S> extends Snapshot<S> {
  readonly type: 'changed'
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

/** The answer to a message that was dispatched with a sender, not queried. */
export type Answer<S> =
  ({ readonly type: 'answer' } & Snapshot<S>) | { readonly type: 'refused'; readonly error: unknown }

export type CheckedMessage = z.output<typeof schema>

/** @throws {InvalidError} that names what is wrong with the message */
export function checkMessage(message: unknown): CheckedMessage {
  const result = schema.safeParse(message)
  if (result.success) return result.data
  throw new InvalidError('message to a state', faultsOf(schema, message))
}
