import { parseOptions, wrongArgument } from '@genpool/runtime'
import { type AsyncStore, backedStore, type CellKey, type SchemaLike, type Validator } from '@genpool/state-ane'
import type { NatsConnection } from '@nats-io/transport-node'
import { putPlace } from '../places'
import { isConnection } from '../shared-options'
import { NatsBacking } from './nats-backing'
import { Sizes } from './sizes'
import { StoreEvents } from './store-events'
import { type CheckedStoreOptions, type NatsStoreOptions, natsStoreOptions } from './store-options'

/** A store on NATS. `destroy` ends it in this process; the bucket stays. Call `await connection.drain()`, or `flush()`, after it: leases are given up then. */
export interface NatsStore extends AsyncStore {
  /** Resolves with the latest value of a cell: the leader of the bucket is asked. */
  fresh<S = unknown>(key: CellKey): Promise<S>
  /**
   * Writes the values that are known in this process back where the bucket or an entry was deleted, or overwritten with something
   * else, or where another process has made the first state anew. It counts for all machines. What is well is not
   * touched, and an entry that is none of a store is left alone: who uses it as a cell is told.
   *
   * @returns how many entries were written
   */
  restore(): Promise<number>
  /**
   * Takes what is there where another process has made the first state anew, or somebody has brought an older one back. It counts
   * for all machines: what they knew is given up. What is well is not touched.
   *
   * @returns how many entries were accepted
   */
  accept(): Promise<number>
}

/**
 * Keeps the state of pools in a KV bucket on NATS: one state for the pools of all machines.
 *
 * Readers see a replica in this process, which follows the bucket. A commit is a compare-and-set: commits that wait are written
 * together, and run again if another machine came first. So none is lost, whoever commits. After a failed commit
 * (`NotCommittedError`) values and versions are what they were, and `mayBeCommitted` says whether the server may have it.
 *
 * @param connection stays the caller's. `destroy` does not close it
 * @throws {OptionsError} if an option is wrong; an Error that says why if the bucket cannot be opened
 * @example
 * const store = await natsStore(connection, { bucket: 'orders' })
 * const pool = spawnPool(system, Orders, 'orders', { state: { type: 'shared', store } })
 */
export async function natsStore(connection: NatsConnection, options: NatsStoreOptions): Promise<NatsStore> {
  if (!isConnection(connection))
    throw wrongArgument(
      { of: 'natsStore', argument: 'connection', expected: 'a connection of @nats-io/transport-node' },
      connection,
    )
  const checked = parseOptions(natsStoreOptions, options, 'options of natsStore')
  const sizes = new Sizes(checked.codec)
  const events = new StoreEvents(checked.bucket)
  let backing: NatsBacking | undefined
  const store = backedStore(cellsOf(checked, sizes), (mirror) => {
    backing = new NatsBacking(mirror, connection, checked, { sizes, events })
    return backing
  })
  try {
    await store.ready
  } catch (error) {
    store.destroy()
    throw error
  }
  putPlace(store, checked.bucket)
  events.store = store
  return Object.assign(store, {
    fresh: async <S>(key: CellKey): Promise<S> => (await store.cell<S>(key).fresh?.()) as S,
    restore: (): Promise<number> => (backing as NatsBacking).restore(),
    accept: (): Promise<number> => (backing as NatsBacking).accept(),
  })
}

function cellsOf(checked: CheckedStoreOptions, sizes: Sizes): object {
  const { bucket, cells, initial, history, onWatcherError, validate } = checked
  return {
    name: bucket,
    history,
    validate: checking(sizes, validate as Validator<unknown> | undefined),
    ...(cells === undefined ? {} : { cells }),
    ...(initial === undefined ? {} : { initial }),
    ...(onWatcherError === undefined ? {} : { onWatcherError }),
  }
}

/** The user's validator, after a look whether the value can be written at all. */
function checking(sizes: Sizes, validate: Validator<unknown> | undefined): Validator<unknown> {
  if (validate === undefined) return (value) => sizes.fault(value) ?? true
  if (typeof validate === 'function') return (value) => sizes.fault(value) ?? validate(value)
  return {
    safeParse: (value): ReturnType<SchemaLike['safeParse']> => {
      const fault = sizes.fault(value)
      return fault === undefined ? validate.safeParse(value) : { success: false, error: { issues: [fault] } }
    },
  }
}
