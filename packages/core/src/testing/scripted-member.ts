import { type Behaviour, definePool, type OpenProtocol } from '../behaviours/define-pool'
import type { Context } from '../behaviours/context'
import { type CallStep, type CastStep } from '../behaviours/behaviour'
import { noReply, reply } from '../behaviours/step'

/** A message that a member is handling. The test decides its outcome. */
export interface Job {
  readonly message: unknown
  /** Whether a caller waits for an answer. */
  readonly isCall: boolean
  readonly ctx: Context
  /** Ends the handler with this answer (for a call), and with `next` as the next state if it is given. */
  reply(value?: unknown, next?: unknown): void
  /** Ends the handler without an answer. */
  leave(): void
  /** Makes the handler throw. */
  crash(error?: unknown): void
}

/** A behaviour whose handlers end when and how the test says. */
export interface ScriptedMembers {
  readonly behaviour: Behaviour<OpenProtocol<unknown, unknown, unknown, unknown>>
  /** Returns the next message that a member handles; waits until there is one. */
  next(): Promise<Job>
  /** The messages in handlers that `next` has not returned yet. */
  readonly pending: readonly Job[]
}

/**
 * Makes members that the test controls: the test gets each message, and decides when and how it ends.
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
