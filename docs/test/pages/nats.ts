import type { NatsConnection } from '@nats-io/transport-node'
import type { NatsServer } from '../../../packages/nats/test/support/server'
import { endJetStream, startJetStream } from '../../../packages/nats/test/support/jetstream'
import type { Load } from './run'

interface Transport {
  connect(options: object): Promise<NatsConnection>
}

const connections: NatsConnection[] = []
let server: Promise<NatsServer> | undefined

/** Loads modules so that programs that connect to a NATS server get one of the test, whatever its address on the page is. */
export const withNats =
  (load: Load): Load =>
  (name) => {
    if (name !== '@nats-io/transport-node') return load(name)
    const transport = load(name) as Transport
    const connect = async (options: object): Promise<NatsConnection> => {
      const { url } = await (server ??= startJetStream())
      const connection = await transport.connect({ ...options, servers: url })
      connections.push(connection)
      return connection
    }
    return { ...transport, connect }
  }

/** Closes the connections that programs have made. */
export async function closeConnections(): Promise<void> {
  await Promise.all(connections.splice(0).map((connection) => connection.close()))
}

export { endJetStream as endServers }
