import { type Behaviour, definePool, type OpenProtocol } from '../behaviours/define-pool'
import type { Context } from '../behaviours/context'
import { type CallStep, type CastStep } from '../behaviours/behaviour'
import { noReply, reply } from '../behaviours/step'

/** A message that a member has in hand, and that the test decides about. */
export interface Job {
  readonly message: unknown
  /** Whether somebody waits for an answer. */
  readonly isCall: boolean
  readonly ctx: Context
  /** Ends the handler with this answer (of a call), and `next` as the next state if it is given. */
  reply(value?: unknown, next?: unknown): void
  /** Ends the handler without an answer. */
  leave(): void
  /** Has the handler throw. */
  crash(error?: unknown): void
}

/** A behaviour whose handlers do what the test says, when it says it. */
export interface ScriptedMembers {
  readonly behaviour: Behaviour<OpenProtocol<unknown, unknown, unknown, unknown>>
  /** The next message that a member takes in hand; waits until there is one. */
  next(): Promise<Job>
  /** The messages that members have in hand and that nobody has asked for yet. */
  readonly pending: readonly Job[]
}

/**
 * Members that the test plays itself: each message is handed to it, and ends when it says so.
 *
 * @param initial the first state
 * @example
 * const members = scriptedMembers()
 * const pool = spawnPool(system, members.behaviour, 'pool', { size: 1, clock })
 * const answer = call(pool, 'hello')
 * const job = await members.next()
 * job.reply('world')
 * await answer // 'world'
 */
export function scriptedMembers(initial: unknown = undefined): ScriptedMembers {
  const pending: Job[] = []
  const asking: ((job: Job) => void)[] = []
  const hand = (message: unknown, isCall: boolean, ctx: Context): Promise<never> =>
    new Promise((resolve, reject) => {
      const end = (step: unknown): void => resolve(step as never)
      const job: Job = {
        message,
        isCall,
        ctx,
        reply: (value, next) => end(isCall ? reply(value, next) : noReply(next)),
        leave: () => end(noReply()),
        crash: (error = new Error('scripted crash')) => reject(error as Error),
      }
      const ask = asking.shift()
      if (ask === undefined) pending.push(job)
      else ask(job)
    })
  return {
    behaviour: definePool({
      init: (): unknown => initial,
      handleCall: (message: unknown, _from, _state, ctx): Promise<CallStep<unknown, unknown>> =>
        hand(message, true, ctx),
      handleCast: (message: unknown, _state, ctx): Promise<CastStep<unknown>> => hand(message, false, ctx),
    }),
    pending,
    next() {
      const job = pending.shift()
      return job === undefined ? new Promise((resolve) => asking.push(resolve)) : Promise.resolve(job)
    },
  }
}
