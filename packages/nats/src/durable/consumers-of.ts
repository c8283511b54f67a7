import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import type { QueueNames, Subject } from './names'

const NO_CONSUMER = 10014

/** What a stream has for the subjects of a queue. */
export interface Consumers {
  readonly found: readonly ConsumerInfo[]
  /** Those whose consumers somebody has deleted. */
  readonly missing: readonly Subject[]
}

/** The consumers of a queue at the server. */
export async function consumersOf(
  jsm: JetStreamManager,
  { jobs, all }: Pick<QueueNames, 'jobs' | 'all'>,
): Promise<Consumers> {
  const found: ConsumerInfo[] = []
  for await (const each of jsm.consumers.list(jobs)) found.push(each)
  const listed = new Set(found.map(({ name }) => name))
  const missing: Subject[] = []
  for (const subject of all.filter(({ consumer }) => !listed.has(consumer))) {
    // A cluster that elects a leader lists not all.
    const info = await infoOf(jsm, jobs, subject.consumer)
    if (info === null) missing.push(subject)
    else found.push(info)
  }
  return { found, missing }
}

async function infoOf(jsm: JetStreamManager, stream: string, consumer: string): Promise<ConsumerInfo | null> {
  try {
    return await jsm.consumers.info(stream, consumer)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_CONSUMER) return null
    throw error
  }
}
