export { remotePool, type RemotePoolRef } from './client/remote-pool-actor'
export type { NodeInspection, RemoteInspection } from './client/inspect-remote'
export { type RemotePoolChanges, type RemotePoolOptions, remotePoolOptions } from './client/remote-options'
export { type Consumer, type Durable, durable, type JobQueue } from './durable/durable'
export {
  type ConsumeOptions,
  consumeOptions,
  type DeadOptions,
  type DurableOptions,
  durableOptions,
  type JobOptions,
  jobOptions,
} from './durable/durable-options'
export type { Failure } from './durable/attempts'
export type { DeadLetter } from './durable/dead-letters'
export type { ConsumerInspection, QueueInspection } from './durable/figures'
export type { Stored } from './durable/publisher'
export type { Said } from './nodes/said'
export type { Propagation } from './propagation'
export { serve, type Service } from './server/serve'
export { type ServeChanges, type ServeOptions, serveOptions } from './server/serve-options'
export type { ServiceFigures } from './server/service-figures'
export { type NatsStore, natsStore } from './store/nats-store'
export { type NatsStoreOptions, natsStoreOptions } from './store/store-options'
export { type Codec, defaultCodec } from './wire/codec'
export { WIRE_VERSION } from './wire/frames'
