import type { Change } from '@genpool/runtime'
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
}

/** A pool that runs elsewhere, as the public functions of this package use it: what is behind its address here. */
export interface PoolElsewhere extends Receiver {
  ready(): Promise<void>
  inspect(): unknown
  explain(): Explanation
  configure(changes: object): readonly Change[]
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

/** The address of a pool of this process. */
export interface HereRef extends PoolRef {
  readonly [inspected]?: undefined
}

/** Where a reference keeps its pool if that runs elsewhere. Also found by another installed copy. */
const ELSEWHERE = Symbol.for('genpool.elsewhere')

/** Makes a nact reference the address of a pool that runs elsewhere: `call`, `cast`, `map`, `inspect` and others work on it. */
export function putElsewhere(reference: object, pool: PoolElsewhere): void {
  Object.defineProperty(reference, ELSEWHERE, { value: pool })
}

/** The pool elsewhere behind a reference; undefined if it has none. Never throws. */
export function elsewhereOf(reference: unknown): PoolElsewhere | undefined {
  try {
    return (reference as { [ELSEWHERE]?: PoolElsewhere })[ELSEWHERE]
  } catch {
    return undefined
  }
}
