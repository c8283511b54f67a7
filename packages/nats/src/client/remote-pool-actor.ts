import type { Behaviour, ChangedBy, DeadLetterEvent, ElsewhereRef, PoolRef, Protocol } from '@genpool/core'
import { putElsewhere } from '@genpool/core/elsewhere'
import {
  BaseActor,
  checkPlace,
  type ConcreteParent,
  nobody,
  parseOptions,
  type Reference,
  spawnActor,
  wrongArgument,
} from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { dispatch, type Ref, stop } from 'nact'
import { channel } from 'node:diagnostics_channel'
import { isOver } from '../link'
import { isConnection } from '../shared-options'
import { RemoteFailures } from './failures'
import type { RemoteInspection } from './inspect-remote'
import {
  type CheckedRemoteOptions,
  type RemotePoolChanges,
  type RemotePoolOptions,
  remotePoolOptions,
} from './remote-options'
import { RemotePool } from './remote-pool'

/** The messages of a behaviour. */
type ProtocolOf<B> = B extends Behaviour<infer P> ? P : never

const deadLetters = channel('genpool:dead-letter')

/** A remote pool as nact sees it: an address, and a life. */
class RemoteActor extends BaseActor {
  readonly pool: RemotePool

  constructor(parent: ConcreteParent, name: string, connection: NatsConnection, options: CheckedRemoteOptions) {
    super(parent, name)
    const end = (): void => stop(this.reference as never)
    const ref = this.reference as unknown as PoolRef
    this.pool = new RemotePool(connection, options, end, (message, error) => {
      if (deadLetters.hasSubscribers) deadLetters.publish({ pool: name, ref, message, error } satisfies DeadLetterEvent)
    })
    putElsewhere(this.reference, this.pool)
  }

  protected override receive(message: unknown, sender: Reference): void {
    const isAnonymous = sender === nobody || sender.type === 'nobody'
    const answer = (value: unknown): void => (dispatch as (to: unknown, message: unknown) => void)(sender, value)
    this.pool.dispatch(message, isAnonymous ? undefined : answer)
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return this.pool.query(message, timeout)
  }

  protected override onStopped(): void {
    this.pool.stop()
  }
}

/** The address of a pool that other processes serve, with the types of its messages. */
export type RemotePoolRef<P extends Protocol = Protocol> = ElsewhereRef<
  P,
  RemoteInspection & ChangedBy<RemotePoolChanges>
>

/**
 * Makes the address of a pool that other processes serve on NATS. `call`, `cast`, `query`, `dispatch`, `map`, `inspect`, `explain`,
 * `ready` and `configure` work on it as on a pool of this process; nact's `stop` ends it here, and nothing else.
 *
 * Each call goes to the node where it is probably answered first, and has exactly one outcome. What certainly did not run is tried on
 * another node; what may have run is not, unless the call says `idempotent: true`: then the error is an UnreachableError with
 * `mayHaveRun: true`.
 *
 * @typeParam B the behaviour that is served, for the types: `remotePool<typeof Orders>(…)`
 * @param parent an actor system, or an actor
 * @param connection a connection of the user. It is never closed here
 * @param options `name`, and those of `remotePoolOptions`
 * @throws {OptionsError} if an argument is wrong, {StoppedError} if the parent has stopped, {UnreachableError} if the connection is
 *   closed. Nothing is made then
 * @example const orders = remotePool<typeof Orders>(system, nc, { name: 'orders' })
 */
export function remotePool<B extends Behaviour>(
  parent: Ref<never>,
  connection: NatsConnection,
  options: RemotePoolOptions,
): RemotePoolRef<ProtocolOf<B>> {
  const checked = parseOptions(remotePoolOptions, options, 'options of remotePool')
  if (!isConnection(connection)) {
    const expected = 'a connection: what "connect" of "@nats-io/transport-node" resolved with'
    throw wrongArgument({ of: 'remotePool', argument: 'connection', expected }, connection)
  }
  checkPlace('remote pool', parent, checked.name)
  if (isOver(connection)) throw new RemoteFailures(checked.name).closed(false)
  const actor = spawnActor(parent, (concrete) => new RemoteActor(concrete, checked.name, connection, checked))
  return actor.reference as unknown as RemotePoolRef<ProtocolOf<B>>
}
