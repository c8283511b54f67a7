import { clockOption } from '@genpool/runtime'
import { type CellKey, type StoreOptions, storeOptions } from '@genpool/state-ane'
import { z } from 'zod'
import { domainOf, sharedOptions } from '../shared-options'

const milliseconds = (least: number): z.ZodNumber =>
  z
    .number({ error: `expected milliseconds from ${least} to 600000` })
    .min(least)
    .max(600_000)

/** The options of a cell that mean the same as in `createStore`. */
const { cells, initial, validate, history, onWatcherError } = storeOptions.shape

/**
 * Options of a store on NATS.
 *
 * @example const store = await natsStore(nc, { bucket: 'orders' })
 */
export const natsStoreOptions = z.strictObject({
  bucket: z
    .string({ error: 'expected the name of a bucket: 1 to 64 letters, digits, - and _' })
    .regex(/^[-\w]{1,64}$/, 'expected the name of a bucket: 1 to 64 letters, digits, - and _')
    .describe('The KV bucket. It is made if it does not exist.'),
  replicas: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('On how many servers a new bucket is kept. Needs a cluster with as many.'),
  storage: z.enum(['file', 'memory']).default('file').describe('Where the server keeps a new bucket.'),
  revisions: z
    .int()
    .min(1)
    .max(64)
    .default(5)
    .describe('How many revisions of each entry a new bucket keeps, for people who look for what was there before.'),
  entry: z
    .union([
      z.enum(['cell', 'store']),
      z.custom<(key: CellKey) => string>((value) => typeof value === 'function', 'expected a function (key) => name'),
    ])
    .default('cell')
    .describe(
      'Which cells share an entry: `cell`: none, `store`: all, or a function that returns the name of the entry of a cell. A ' +
        'transaction needs all of its cells in one entry. All machines need the same.',
    ),
  domain: domainOf('the bucket is'),
  lease: milliseconds(100)
    .default(10_000)
    .describe('How long a cell stays held after its holder has died, in milliseconds. A live holder renews its lease.'),
  timeout: milliseconds(10)
    .default(5000)
    .describe(
      'How long opening the bucket and each write are tried while the server does not answer, in milliseconds.',
    ),
  every: milliseconds(100)
    .default(10_000)
    .describe('How often it checks that the replica still follows the bucket, in milliseconds.'),
  maxBytes: z
    .int({ error: 'expected a whole number >= 1000' })
    .min(1000)
    .default(1_000_000)
    .describe('The most bytes of an entry. The server has a limit, too, 1 MB by default; the smaller one holds.'),
  codec: sharedOptions.codec.describe(
    'Turns values into bytes and back. All machines need the same. Default: what structured clone copies.',
  ),
  cells,
  initial,
  validate,
  history,
  onWatcherError,
  clock: clockOption,
})

/** Options of `natsStore`. Only `bucket` is required. */
export type NatsStoreOptions = z.input<typeof natsStoreOptions> &
  Pick<StoreOptions, 'initial' | 'validate' | 'history' | 'onWatcherError'>
export type CheckedStoreOptions = z.output<typeof natsStoreOptions>
