import { type GenPoolError, OptionsError, parseOptions, type Reference } from '@genpool/runtime'
import { dispatch, type Ref } from 'nact'
import { type z } from 'zod'
import { type DropFacts, DroppedError, InvalidError } from '../errors'
import { type Listener } from './party'

/** nact's `dispatch` also takes the sender; its types leave that out. */
export const dispatchFrom = dispatch as unknown as <M>(to: Ref<M>, message: M, sender: Reference) => void

/** How the sender of a message learns the result. */
export type Answering<Result> = (
  answer:
    | ({ readonly type: 'go'; readonly tag: unknown } & Result)
    | { readonly type: 'await'; readonly tag: unknown }
    | ({ readonly type: 'drop'; readonly tag: unknown } & DropFacts)
    | { readonly type: 'failed'; readonly tag: unknown; readonly error: GenPoolError },
) => void

/** Makes a listener that sends the result to the sender of a message. */
export function sending<Result>(send: Answering<Result>, tag: unknown): Listener<Result> {
  return {
    onGo: (result) => send({ type: 'go', tag, ...result }),
    onAwait: () => send({ type: 'await', tag }),
    onFailure: (error) => {
      if (!(error instanceof DroppedError)) return send({ type: 'failed', tag, error })
      const { reason, waitedMs, queueLength, retryAfterMs } = error
      send({ type: 'drop', tag, reason, waitedMs, queueLength, retryAfterMs })
    },
  }
}

/** @throws {InvalidError} naming what is wrong with the message */
export function checkMessage<S extends z.ZodType>(schema: S, message: unknown, receiver: string): z.output<S> {
  try {
    return parseOptions(schema, message, `message to a ${receiver}`)
  } catch (cause) {
    throw new InvalidError(`message to a ${receiver}`, cause instanceof OptionsError ? cause.issues : [], cause)
  }
}

/** A function that does something the first time it is called. It passes on whether the task did run. */
export function once(fn: (ran: boolean) => void): (ran?: boolean) => void {
  let called = false
  return (ran = true) => {
    if (called) return
    called = true
    fn(ran)
  }
}
