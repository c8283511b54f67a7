import type { PoolRef } from '@genpool/core'
import { systemClock } from '@genpool/runtime'
import { Endpoint } from '../../src/server/endpoint'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'

/** The end of a node "node-1" that takes and sends 5000 bytes at most. */
export function smallEndpoint(pool: PoolRef, name: string, sent: (data: Uint8Array) => void): Endpoint {
  return new Endpoint({
    epoch: () => 0,
    isPaused: () => false,
    unbegun: () => [],
    gaveKeyBack: () => undefined,
    said: () => new Uint8Array(0),
    pool,
    name,
    node: 'node-1',
    state: null,
    clock: systemClock,
    settings: { maxBytes: 5000 },
    bodies: bodiesOf(defaultCodec),
    maxPayload: 5000,
    publish: (_subject, data) => sent(data),
    changed: () => undefined,
  })
}
