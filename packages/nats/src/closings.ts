import type { NatsConnection } from '@nats-io/transport-node'

type Open = Pick<NatsConnection, 'closed'>

const waiting = new WeakMap<Open, Set<() => void>>()

/**
 * Calls `told` when a connection of the user is closed, unless the function was called before that it returns. A connection may live as long as
 * the process, and what is told of the end of its promise is kept until then: so it is asked once, whoever waits.
 */
export function onClosed(connection: Open, told: () => void): () => void {
  const all = waiting.get(connection) ?? watched(connection)
  // Its own, also if the same function is given twice.
  const tell = (): void => told()
  all.add(tell)
  return () => void all.delete(tell)
}

function watched(connection: Open): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(connection, all)
  void connection.closed().then(() => {
    waiting.delete(connection)
    for (const tell of all) tell()
  })
  return all
}
