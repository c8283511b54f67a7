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

/** What a state actor understands. */
const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('read') }),
  z.strictObject({ type: z.literal('update'), recipe: z.string(), argument: z.unknown().optional() }),
  z.strictObject({ type: z.literal('patch'), base: version, patches: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal('compareAndSet'), version, next: z.unknown() }),
  z.strictObject({ type: z.literal('watch'), watcher: actor }),
  z.strictObject({ type: z.literal('unwatch'), watcher: actor }),
])

/** What can be sent to a state actor. `watcher` is by default whoever sent the message. */
export type StateMessage<S> =
  | { readonly type: 'read' }
  /** Runs the recipe of that name on the latest value. */
  | { readonly type: 'update'; readonly recipe: string; readonly argument?: unknown }
  /** Applies patches if `base` is still the latest version. */
  | { readonly type: 'patch'; readonly base: number; readonly patches: readonly Patch[] }
  | { readonly type: 'compareAndSet'; readonly version: number; readonly next: S }
  | { readonly type: 'watch'; readonly watcher?: Ref<Changed<S>> }
  | { readonly type: 'unwatch'; readonly watcher?: Ref<Changed<S>> }

/** The answer to everything but a compareAndSet, which adds whether it was done: the value as it is now. */
export interface Snapshot<S> {
  readonly value: S
  readonly version: number
  readonly done?: boolean
}

/** Sent to watchers, once for each commit and in the order of the commits. */
export interface Changed<S> extends Snapshot<S> {
  readonly type: 'changed'
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

/** What a message that was dispatched, and not queried, gets back if it comes with a sender. */
export type Answer<S> =
  ({ readonly type: 'answer' } & Snapshot<S>) | { readonly type: 'refused'; readonly error: unknown }

export type CheckedMessage = z.output<typeof schema>

/** @throws {InvalidError} naming what is wrong with the message */
export function checkMessage(message: unknown): CheckedMessage {
  const result = schema.safeParse(message)
  if (result.success) return result.data
  throw new InvalidError('message to a state', faultsOf(schema, message))
}
