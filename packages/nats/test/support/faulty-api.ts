import type { NatsConnection } from '@nats-io/transport-node'

/** How a request to the API of JetStream ends: with this error, or without an answer. */
export type Fault = { readonly code: number; readonly err_code: number; readonly description: string } | 'no answer'

/**
 * Lets the first request of each kind fail that a connection sends to the API of JetStream. Returns how many have.
 *
 * @param isDone whether JetStream does what is asked all the same: for this process, or for another one that was faster
 */
export function makeFaulty(nc: NatsConnection, fault: Fault, isDone: boolean): () => number {
  const request = nc.request.bind(nc)
  const failed = new Set<string>()
  nc.request = async (subject, payload, options) => {
    const [, kind] = /^\$JS\.API\.([A-Z.]+)/.exec(subject) ?? []
    if (kind === undefined || failed.has(kind)) return request(subject, payload, options)
    failed.add(kind)
    const answer = isDone ? await request(subject, payload, options) : undefined
    if (fault === 'no answer') throw Object.assign(new Error('timeout'), { name: 'TimeoutError' })
    return { ...answer, data: new TextEncoder().encode(JSON.stringify({ error: fault })) } as never
  }
  return () => failed.size
}
