import { type HereRef, load, type Load, StoppedError, UnreachableError } from '@genpool/core'
import { type Change, parseOptions, wrongArgument } from '@genpool/runtime'
import { Svcm } from '@nats-io/services'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { CLOSED_HERE, isOver } from '../link'
import { refusalIn, toldOf } from '../refusal'
import { isConnection } from '../shared-options'
import { VERSION } from '../version'
import { ServedPool } from './served-pool'
import type { ServiceFigures } from './service-figures'
import { type CheckedServeOptions, type ServeChanges, type ServeOptions, serveOptions } from './serve-options'

const stopOptions = z.strictObject({
  within: z
    .union([z.number({ error: 'expected milliseconds >= 0' }).nonnegative(), z.literal(Infinity)])
    .default(Infinity)
    .describe('Leaves after this time, whatever still runs, in milliseconds.'),
})

/** A pool of this process that is served on NATS: one node. */
export interface Service {
  /** The id of this node, as the services framework knows it, too. */
  readonly id: string
  /** Resolves when it is served no more: with the error if NATS refused a subscription, otherwise with null. */
  readonly stopped: Promise<Error | null>
  /** The figures of this node now. */
  inspect(): ServiceFigures
  /** Changes options while it is served; one that is `undefined` stays as it is. @throws {OptionsError} if one is wrong; nothing changes then */
  configure(changes: ServeChanges): readonly Change[]
  /**
   * Leaves: tells the clients, takes nothing new, finishes what it has, answers. The pool itself and the connection stay.
   *
   * @param options `within`: leaves after this many milliseconds, whatever still runs
   */
  stop(options?: { readonly within?: number }): Promise<void>
}

/**
 * Serves a pool of this process on NATS, as one node of the pools with this name. Callers reach it through `remotePool`, and the
 * `nats` command shows it: `nats service ls`, `info`, `stats`.
 *
 * @param pool the address of a pool of this process
 * @param connection a connection of the user. It is never closed here; when it closes, the node is gone
 * @param options `name`, and those of `serveOptions`
 * @returns the node, when clients can reach it
 * @throws {OptionsError} if an argument is wrong; {StoppedError} if the pool has stopped, or stops before it is served;
 *   {UnreachableError} if the connection is closed, or NATS refuses a subscription. Nothing is served then
 * @example const service = await serve(pool, await connect({ servers: '127.0.0.1:4222' }), { name: 'orders' })
 */
export async function serve(pool: HereRef, connection: NatsConnection, options: ServeOptions): Promise<Service> {
  const checked = parseOptions(serveOptions, options, 'options of serve')
  if (!isConnection(connection)) {
    const expected = 'a connection: what "connect" of "@nats-io/transport-node" resolved with'
    throw wrongArgument({ of: 'serve', argument: 'connection', expected }, connection)
  }
  checkPool(pool, checked.name)
  if (isOver(connection)) throw new UnreachableError(checked.name, false, { says: CLOSED_HERE })
  try {
    return await begin(pool, connection, checked)
  } catch (error) {
    const refusal = refusalIn(error)
    const says = connection.isClosed() ? CLOSED_HERE : refusal === null ? undefined : toldOf(refusal)
    throw says === undefined ? error : new UnreachableError(checked.name, false, { says, cause: error })
  }
}

async function begin(pool: HereRef, connection: NatsConnection, checked: CheckedServeOptions): Promise<Service> {
  const service = await new Svcm(connection as never).add({
    name: checked.name,
    version: VERSION,
    description: checked.description,
    // Without a group of its own, an endpoint gets all messages.
    queue: '',
    metadata: { library: '@genpool/nats', ...(checked.release === undefined ? {} : { release: checked.release }) },
    statsHandler: () => Promise.resolve(node.figures),
  })
  const node: ServedPool = new ServedPool(pool, service, connection, checked)
  try {
    await node.start()
  } catch (error) {
    await node.stop(0)
    throw error
  }
  return {
    id: node.id,
    stopped: node.stopped,
    inspect: () => node.figures,
    configure: (changes) => node.configure(changes),
    stop: async (given = {}) => node.stop(parseOptions(stopOptions, given, 'options of stop').within),
  }
}

/** @throws {OptionsError} if it is no pool of this process, {StoppedError} if it has stopped */
function checkPool(pool: HereRef, name: string): void {
  if (phaseOf(pool) === 'stopped') throw new StoppedError(name, false, undefined, { so: 'it cannot be served' })
}

function phaseOf(pool: HereRef): Load['phase'] {
  try {
    return load(pool).phase
  } catch {
    throw wrongArgument({ of: 'serve', argument: 'pool', expected: 'the address of a pool of this process' }, pool)
  }
}
