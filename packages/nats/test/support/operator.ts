import { durable, type Durable, type DurableOptions } from '@genpool/nats'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { startJetStream } from './jetstream'
import { connectTo, type NatsServer } from './server'

/** A server with JetStream, and what its operator may do beside those who use it. */
export class Operator {
  private constructor(
    readonly server: NatsServer,
    readonly streams: JetStreamManager['streams'],
  ) {}

  static async ofNewServer(): Promise<Operator> {
    const server = await startJetStream()
    return new Operator(server, (await jetstreamManager((await connectTo(server)) as never)).streams)
  }

  /** Opens a queue of 4 lanes on a connection of its own. */
  async opened(name: string, more: Partial<DurableOptions> = {}): Promise<Durable> {
    return durable(await connectTo(this.server), { name, lanes: 4, ...more })
  }
}
