import type { PoolRef } from '@genpool/core'
import { systemClock } from '@genpool/runtime'
import { Endpoint } from '../../src/server/endpoint'
import type { EndpointPorts } from '../../src/server/endpoint-ports'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { Kind, requestFrame } from '../../src/wire/frames'

/** The most bytes that a node of `smallEndpoint` takes and sends. */
const MAX_BYTES = 5000
const bodies = bodiesOf(defaultCodec)
type Header = Parameters<typeof requestFrame>[1]

/** The end of a node "node-1" that takes and sends 5000 bytes at most, and is never paused, unless `ports` say otherwise. */
export function smallEndpoint(pool: unknown, ports: Partial<EndpointPorts> = {}): Endpoint {
  return new Endpoint({
    epoch: () => 0,
    isPaused: () => false,
    unbegun: () => [],
    gaveKeyBack: () => undefined,
    said: () => new Uint8Array(0),
    pool: pool as PoolRef,
    name: 'orders',
    node: 'node-1',
    state: null,
    clock: systemClock,
    settings: { maxBytes: MAX_BYTES },
    bodies,
    maxPayload: MAX_BYTES,
    publish: () => undefined,
    changed: () => undefined,
    ...ports,
  })
}

/** A message as a client sends it, of a call without a key that has 5 s, unless `header` says otherwise. It may be larger than a node takes. */
export function sentFrame(value: unknown, header: Partial<Header> = {}, kind: Kind = Kind.call): Uint8Array {
  const all = {
    budgetMs: 5000,
    ageMs: 0,
    priority: undefined,
    key: undefined,
    wantsProgress: false,
    again: false,
    ...header,
  }
  return requestFrame(kind, all, { bodies, value, max: 2 * MAX_BYTES })
}
