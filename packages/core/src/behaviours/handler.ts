import type { z } from 'zod'
import type { Step } from './step'

/** How messages of one type are checked and handled. Found once per message, before it is queued. */
export interface Handler {
  /** Names the type of message in errors and counters. */
  readonly type: string
  readonly schema: z.ZodType | undefined
  /** The most messages that one run takes; 0 for one message that is not a list. */
  readonly batch: number
  /** How it answers: with a step, or with nact's `dispatch`. Left out for one that is elsewhere. */
  readonly answers?: 'step' | 'dispatch'
  handle(message: unknown, state: unknown, ctx: object): unknown
  /** Turns the result of `handle` into a step. @throws {InvalidError} if it is not one */
  toStep(result: unknown): Step
}

/** The handler of a request that is refused before it is queued. */
export const NO_HANDLER: Handler = {
  type: 'unknown',
  schema: undefined,
  batch: 0,
  handle: () => undefined,
  toStep: () => {
    throw new Error('a refused message was handled')
  },
}
