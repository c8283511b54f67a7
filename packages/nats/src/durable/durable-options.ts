import { inOrder } from '@genpool/runtime'
import { z } from 'zod'
import { domainOf, sharedOptions } from '../shared-options'

/** NATS counts nanoseconds in 64 bits. */
const LONGEST = 1e12
/** Why ids must be known for as long as a cast is tried. */
export const SENT_AGAIN =
  'a cast of which nobody knows whether it is stored is sent again for so long, and would be stored twice'
/** The longest timer of Node. */
const LONGEST_TIMER = 2_147_483_647

const ms = (initial: number, [least, most]: readonly [number, number], what: string) =>
  z
    .number({ error: `expected milliseconds from ${least} to ${most}` })
    .min(least)
    .max(most)
    .default(initial)
    .describe(what)

const endless = (what: string) =>
  z
    .union([z.number({ error: 'expected milliseconds > 0' }).positive(), z.literal(Infinity)])
    .default(Infinity)
    .describe(what)

const whole = (initial: number, [least, most]: readonly [number, number], what: string) =>
  z
    .int({ error: `expected a whole number from ${least} to ${most}` })
    .min(least)
    .max(most)
    .default(initial)
    .describe(what)

/** Options of the wait between two attempts. */
const backoffOptions = z
  .strictObject({
    initial: ms(1000, [0, LONGEST], 'The wait before the second attempt, in milliseconds.'),
    factor: z
      .number({ error: 'expected a number >= 1' })
      .min(1)
      .default(2)
      .describe('By how much it grows with each attempt.'),
    max: ms(60_000, [0, LONGEST], 'The longest wait, in milliseconds.'),
  })
  .refine(...inOrder('initial', 'max'))

/**
 * Options of a queue of durable casts.
 *
 * @example const jobs = await durable(nc, { name: 'emails', maxDeliver: 5 })
 */
export const durableOptions = z
  .strictObject({
    ...sharedOptions,
    name: sharedOptions.name.describe('The name of the queue. Part of the names of its streams and of all subjects.'),
    maxDeliver: whole(5, [1, 1000], 'How many attempts a cast has, over all machines. After that it is a dead letter.'),
    backoff: backoffOptions.prefault({}).describe('How long it waits between two attempts.'),
    lanes: whole(
      16,
      [1, 256],
      'Keys are spread over so many lanes, and of each lane one cast runs at a time, over all machines. Fixed when the queue is made.',
    ),
    ackWait: z
      .int({ error: 'expected whole milliseconds from 500 to 3600000' })
      .min(500)
      .max(3_600_000)
      .default(30_000)
      .describe(
        'A cast whose process says nothing for so long is delivered to another one, in milliseconds. A process says something three times as often. Fixed when the queue is made.',
      ),
    duplicates: z
      .number({ error: `expected milliseconds from 100 to ${LONGEST}` })
      .min(100)
      .max(LONGEST)
      .optional()
      .describe(
        'For how long the server knows the ids of casts, in milliseconds. One that is repeated in that time is stored once. Not less than `timeout`. A queue that is there is changed. Default: 120000 or `timeout`, or what the queue has.',
      ),
    storage: z
      .enum(['file', 'memory'])
      .optional()
      .describe('Where the server stores casts. Fixed when the queue is made. Default: `file`, or what the queue has.'),
    replicas: z
      .int({ error: 'expected a whole number from 1 to 5' })
      .min(1)
      .max(5)
      .optional()
      .describe(
        'On how many servers of a cluster casts are stored. A queue that is there is changed. Default: 1, or what the queue has.',
      ),
    keepDead: z
      .union([
        z
          .number({ error: `expected milliseconds from 100 to ${LONGEST}` })
          .min(100)
          .max(LONGEST),
        z.literal(Infinity),
      ])
      .optional()
      .describe(
        'For how long dead letters are kept, in milliseconds. A queue that is there is changed. Default: `Infinity`, or what the queue has.',
      ),
    keepUnknown: ms(
      300_000,
      [0, LONGEST],
      'For how long a cast whose type no handler of a consumer knows is offered to other consumers, in milliseconds. Then it is a dead letter.',
    ),
    domain: domainOf('the queue is'),
    timeout: ms(5000, [1, LONGEST_TIMER], 'How long opening the queue and storing a cast are tried, in milliseconds.'),
  })
  .refine(({ duplicates, timeout }) => duplicates === undefined || duplicates >= timeout, {
    path: ['duplicates'],
    error: ({ input }) =>
      `expected at least "timeout" (${String((input as { timeout?: unknown }).timeout)}): ${SENT_AGAIN}`,
  })

export type DurableOptions = z.input<typeof durableOptions>
export type CheckedDurableOptions = z.output<typeof durableOptions>

/** What a header of NATS carries as it is: others would become the id of another cast. */
const WHOLE = /^(?!\s)[^\r\n\0\p{Cs}]{1,256}(?<!\s)$/u
const ID =
  'expected a text of 1 to 256 characters in one line, without white space around it and without half characters'

/**
 * Options of one durable cast.
 *
 * @example await jobs.cast({ type: 'send', to: 'ann@example.com' }, { id: 'order-1', key: 'ann' })
 */
export const jobOptions = z
  .strictObject({
    id: z
      .string({ error: ID })
      .regex(WHOLE, ID)
      .optional()
      .describe(
        'Says that it is the same cast if it comes again: 1 to 256 characters in one line, without white space around them. Default: a new id.',
      ),
    key: z
      .string({ error: 'expected a text of 1 to 1000 characters' })
      .min(1)
      .max(1000)
      .optional()
      .describe('Casts of one key run one at a time and in order, over all machines. 1 to 1000 characters.'),
    expires: z
      .number({ error: 'expected milliseconds > 0 and <= 10000000000000' })
      .positive()
      .max(1e13)
      .optional()
      .describe('It is not begun any more when it is so old, in milliseconds. Default: never.'),
    delay: z
      .number({ error: 'expected milliseconds from 0 to 1000000000000' })
      .nonnegative()
      .max(1e12)
      .optional()
      .describe(
        'It is not begun before it is so old, in milliseconds. Among those of its key it comes after all that are in the queue then.',
      ),
  })
  .refine(({ expires = Infinity, delay = 0 }) => expires > delay, {
    path: ['expires'],
    message: 'expected more than "delay": it would be too old before it may begin',
  })

export type JobOptions = z.input<typeof jobOptions>

/**
 * Options of a consumer of durable casts.
 *
 * @example const consumer = await jobs.consume(pool, { timeout: 60_000 })
 */
export const consumeOptions = z.strictObject({
  atMost: z
    .int({ error: 'expected a whole number >= 1' })
    .positive()
    .optional()
    .describe('The most casts that it has in hand. Default: as many as its pool can work on at once.'),
  timeout: endless(
    'How long one attempt may take, in milliseconds. After that it has failed, and its commit is refused. A commit that is being written then is waited for: written, the cast is done. A handler that ignores `ctx.signal` keeps its member: set `stuckAfter` of the pool.',
  ),
})

export type ConsumeOptions = z.input<typeof consumeOptions>
export type CheckedConsumeOptions = z.output<typeof consumeOptions>

/** Options of the end of a consumer. */
export const stopOptions = z.strictObject({
  within: z
    .union([z.number({ error: 'expected milliseconds >= 0' }).nonnegative(), z.literal(Infinity)])
    .default(Infinity)
    .describe('What still runs after this time is aborted and given to another consumer, in milliseconds.'),
})

/** Options of a look at the dead letters. */
export const deadOptions = z.strictObject({
  limit: whole(100, [1, 10_000], 'The most letters that are returned, the oldest first.'),
  after: z
    .int({ error: 'expected a whole number >= 0' })
    .nonnegative()
    .default(0)
    .describe('Only letters behind the one with this "seq": for the next page.'),
})

export type DeadOptions = z.input<typeof deadOptions>
