import { z } from 'zod'
import { MOST_RELEASE } from '../nodes/said'
import { sharedOptions } from '../shared-options'

/**
 * Options of a served pool.
 *
 * @example await serve(pool, nc, { name: 'orders' })
 */
export const serveOptions = z.strictObject({
  ...sharedOptions,
  description: z.string().default('A GenPool pool.').describe('Shown by "nats service info".'),
  release: z
    .string({ error: 'expected a text of 1 to 100 characters' })
    .min(1)
    .max(MOST_RELEASE)
    .optional()
    .describe('Your version of what is served. Shown by inspect, explain and "nats service info".'),
  rememberBytes: z
    .int({ error: 'expected a whole number >= 0' })
    .nonnegative()
    .default(64_000_000)
    .describe(
      'How many bytes of answers the node remembers, to send them again after a lost connection. It forgets them after 5 to 10 s, and keeps 20 000 at most.',
    ),
  every: z
    .number({ error: 'expected milliseconds from 100 to 60000' })
    .min(100)
    .max(60_000)
    .default(1000)
    .describe(
      'How often the node says something of itself when nothing changes, in milliseconds. Clients prefer others, and give a node up that has nothing of theirs in hand, only when it was silent for 2.5 times as long (and for `silentAfter` of `remotePool`).',
    ),
  atMost: z
    .number({ error: 'expected milliseconds from 10 to 60000' })
    .min(10)
    .max(60_000)
    .default(50)
    .describe('The least time between two such messages when its load changes, in milliseconds.'),
})

export type ServeOptions = z.input<typeof serveOptions>
export type CheckedServeOptions = z.output<typeof serveOptions>

/** The options of a served pool that can be changed while it is served. */
export type ServeChanges = Partial<Omit<ServeOptions, 'name' | 'prefix' | 'clock' | 'description' | 'release'>>
