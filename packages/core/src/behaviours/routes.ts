import type { Handler } from './handler'

/** Finds the handlers of a behaviour whose code is not in this thread. */
export interface Routes {
  /** The handler of calls of this type; undefined if the behaviour is known to have none. */
  call(type: unknown): Handler | undefined
  /** The handler of casts of this type; undefined if the behaviour is known to have none. */
  cast(type: unknown): Handler | undefined
  /** Handles plain messages to a member. */
  readonly info: Handler
  readonly continuation: Handler
  /** The known types, for an error text. */
  known(kind: 'call' | 'cast'): string
}
