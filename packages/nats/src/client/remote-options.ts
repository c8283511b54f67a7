import { z } from 'zod'
import { sharedOptions } from '../shared-options'

const ms = (least: number, what: string, initial: number) =>
  z
    .number({ error: `expected milliseconds >= ${least}` })
    .min(least)
    .default(initial)
    .describe(what)

/**
 * Options of a remote pool.
 *
 * @example remotePool<typeof Orders>(system, nc, { name: 'orders', silentAfter: 1000 })
 */
export const remotePoolOptions = z.strictObject({
  ...sharedOptions,
  timeout: z
    .union([z.number({ error: 'expected milliseconds >= 0' }).nonnegative(), z.literal(Infinity)])
    .default(5000)
    .describe('How long a call waits for its answer, travelling included, in milliseconds.'),
  maxInFlight: z
    .int({ error: 'expected a whole number >= 1' })
    .positive()
    .default(10_000)
    .describe('The most calls of this client that wait for an answer. More are dropped here.'),
  probeAfter: ms(
    50,
    'A node with requests in hand is asked whether it is there after this silence, in milliseconds; after half of `silentAfter`, if that is shorter.',
    250,
  ),
  silentAfter: ms(
    200,
    'A node that has requests in hand, and says nothing for so long, is given up, in milliseconds. What it had may have run. One with nothing in hand may be silent for 2.5 times its `every` (of `serve`), if that is longer. If all nodes have just gone, or none answers, calls wait so long for one to come back.',
    3000,
  ),
  goneAfter: ms(
    0,
    'A node that NATS says is gone is given up after this time, in milliseconds: it may be connecting again.',
    400,
  ),
  random: z
    .custom<() => number>(
      (value) => typeof value === 'function',
      'expected a function that returns a number from 0 to 1',
    )
    .default(() => Math.random)
    .describe('The source of chance, for the choice among many nodes.'),
})

export type RemotePoolOptions = z.input<typeof remotePoolOptions>
export type CheckedRemoteOptions = z.output<typeof remotePoolOptions>

/** The options of a remote pool that can be changed while it runs. */
export type RemotePoolChanges = Partial<Omit<RemotePoolOptions, 'name' | 'prefix' | 'clock'>>
