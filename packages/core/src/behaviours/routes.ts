import type { MemberInfo } from './context'
import type { Fault } from '@genpool/state-ane'
import type { Handler } from './handler'
import type { MessageTypes } from './message-types'
import type { PoolFacts } from './pool-facts'

/** Finds the handlers of a behaviour whose code is not in this thread. */
export interface Routes {
  /** The handler of calls of this type; undefined if the behaviour is known to have none. */
  call(type: unknown): Handler | undefined
  /** The handler of casts of this type; undefined if the behaviour is known to have none. */
  cast(type: unknown): Handler | undefined
  /** Handles plain messages to a member. */
  readonly info: Handler
  readonly continuation: Handler
  /** Has `init` called where the behaviour is, for the state that all members share. Left out: there is none. */
  init?(facts: PoolFacts, info: MemberInfo): unknown
  /** Nobody waits any longer for the `init` that was called with this `info`: it should be ended if it loops. */
  hurryInit?(info: MemberInfo): void
  /** The known types, for an error text. */
  known(kind: 'call' | 'cast'): string
  /** The known types; null if messages of any type may have a handler. Left out: the same. */
  types?(): MessageTypes | null
  /**
   * Why a message can certainly not go where the handlers are, as far as a quick look finds out: then a cast of it is refused at once, and
   * is no dead letter later. Left out: nobody looks.
   */
  faultOf?(message: unknown): Fault | undefined
  /** The names that messages have in options and errors; null as long as they are not known. Left out: the same. */
  handlerTypes?(): readonly string[] | null
}
