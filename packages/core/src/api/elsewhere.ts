import { type Change, lookUp } from '@genpool/runtime'
import type { PoolRef, Protocol } from '../behaviours/protocol'
import type { CastResult } from '../pool/intake'
import type { CallOptions, CastOptions } from '../pool/message-options'
import type { Explanation } from '../views/explain/finding'

/** Takes the messages of `call` and `cast`. A pool in this process is one, too. */
export interface Receiver {
  readonly name: string
  /** How many messages can be worked on at once. */
  readonly mostAtOnce: number
  readonly intake: {
    call(message: unknown): Promise<unknown>
    cast(message: unknown, options?: CastOptions): CastResult
  }
  call(message: unknown, options: CallOptions): Promise<unknown>
  /** Checks options for calls that come later. @throws {OptionsError} if one is wrong */
  checkCalls?(options: CallOptions): void
}

/** What a pool elsewhere counts or measures here, for a system of metrics. */
export interface Figure {
  readonly name: string
  /** Of a counter, the total since the begin. */
  readonly kind: 'counter' | 'gauge'
  readonly description: string
  /** The unit, as metrics name it: `s`; none for a count. */
  readonly unit?: string
  /** The values now, each with its attributes. */
  readonly values: readonly (readonly [value: number, attributes: Readonly<Record<string, string>>])[]
}

/** A pool that runs elsewhere, as the public functions of this package use it: what is behind its address here. */
export interface PoolElsewhere extends Receiver {
  ready(): Promise<void>
  inspect(): unknown
  explain(): Explanation
  /** The same names at any time, also while there is no value. */
  figures(): readonly Figure[]
  configure(changes: object): readonly Change[]
  /** What `configure` would change. */
  preview(changes: object): readonly Change[]
  /** The options in force, with all defaults. */
  getOptions(): object
  /** Takes nothing new here, waits for what is under way, but not longer than `withinMs`, and ends. */
  drain(withinMs: number): Promise<void>
  /** Resolves when nothing of it has anything to do. */
  idle(signal: AbortSignal | undefined): Promise<void>
  /** Resolves when fewer messages wait, and fewer are worked on. */
  when(condition: { waitingBelow: number; runningBelow: number }, signal: AbortSignal | undefined): Promise<void>
}

declare const inspected: unique symbol
declare const changes: unique symbol

/** Figures of a pool whose options are changed by a `C`. */
export interface ChangedBy<C> {
  readonly [changes]?: C
}

/** The address of a pool that runs elsewhere. `inspect` returns an `I` for it. */
export interface ElsewhereRef<P extends Protocol = Protocol, I = unknown> extends PoolRef<P> {
  readonly [inspected]: I
}

/** The address of any pool: of this process, or of one that runs elsewhere and of which an `I` is known. */
export interface AnyRef<I> extends PoolRef {
  readonly [inspected]?: I
}

/** The changes that a pool takes, of which an `I` is known: `Here` for one of this process. */
export type ChangesOf<I, Here> = unknown extends I ? Here : I extends ChangedBy<infer C> ? C : Here

/** Options that a pool elsewhere, of which an `I` is known, does not take. The compiler names the reason. */
export type NotElsewhere<I, K extends string> = [keyof I] extends [never]
  ? unknown
  : 0 extends 1 & I
    ? unknown
    : { readonly [O in K]?: 'this pool runs elsewhere: it has no such option' }

/** The options that `getOptions` returns for a pool elsewhere, of which an `I` is known. */
export type OptionsOf<I> =
  I extends ChangedBy<infer C> ? { readonly [K in keyof C]-?: Exclude<C[K], undefined> } : object

/** The address of a pool of this process. */
export interface HereRef<P extends Protocol = Protocol> extends PoolRef<P> {
  readonly [inspected]?: undefined
}

/** Where a reference keeps its pool if that runs elsewhere. Also found by another installed copy. */
const ELSEWHERE = Symbol.for('genpool.elsewhere')

/** Makes a nact reference the address of a pool that runs elsewhere: `call`, `cast`, `map`, `inspect` and others work on it. */
export function putElsewhere(reference: object, pool: PoolElsewhere): void {
  Object.defineProperty(reference, ELSEWHERE, { value: pool })
}

/**
 * The pool elsewhere behind a reference; undefined if it has none. Never throws.
 *
 * A copy of the reference, for example from a message, works while its actor runs.
 */
export function elsewhereOf(reference: unknown): PoolElsewhere | undefined {
  return own(reference) ?? own((lookUp(reference) as { reference?: unknown } | undefined)?.reference)
}

function own(reference: unknown): PoolElsewhere | undefined {
  try {
    return (reference as { [ELSEWHERE]?: PoolElsewhere })[ELSEWHERE]
  } catch {
    return undefined
  }
}
