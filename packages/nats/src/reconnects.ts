import { errors, type NatsConnection } from '@nats-io/transport-node'

/** Those that wait for an answer, for each connection. */
const watches = new WeakMap<NatsConnection, Set<() => void>>()

/**
 * Waits for an answer, but not longer than until the connection was lost and is there again: what was on its way is lost then.
 *
 * @param answer what a request resolves with. It may be asked again although the first one comes: ask only what does no harm twice
 * @throws {TimeoutError} at once when the connection is there again
 */
export function orLost<T>(connection: NatsConnection, answer: Promise<T>): Promise<T> {
  const waiting = watches.get(connection) ?? watch(connection)
  return new Promise((resolve, reject) => {
    const lost = (): void => {
      waiting.delete(lost)
      reject(new errors.TimeoutError({ cause: new Error('the connection was lost, and is there again') }))
    }
    waiting.add(lost)
    answer.then(resolve, reject).finally(() => waiting.delete(lost))
  })
}

/** One listener for each connection, as long as that is open. */
function watch(connection: NatsConnection): Set<() => void> {
  const waiting = new Set<() => void>()
  watches.set(connection, waiting)
  void follow(connection, waiting)
  return waiting
}

async function follow(connection: NatsConnection, waiting: Set<() => void>): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'reconnect') for (const lost of [...waiting]) lost()
}
