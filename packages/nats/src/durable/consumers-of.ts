import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import { listed } from './listed'
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
  const found = await listed(jsm.consumers.list(jobs))
  const names = new Set(found.map(({ name }) => name))
  const missing: Subject[] = []
  for (const subject of all.filter(({ consumer }) => !names.has(consumer))) {
    // A cluster that elects a leader lists not all.
    const info = await infoOf(jsm, jobs, subject.consumer)
    if (info === null) missing.push(subject)
    else found.push(info)
  }
  return { found, missing }
}

async function infoOf(jsm: JetStreamManager, stream: string, consumer: string): Promise<ConsumerInfo | null> {
  try {
    const info = await jsm.consumers.info(stream, consumer)
    // Of one that has just gone with its stream, nats-server may say nothing, and name no error.
    return (info.name as string | undefined) === undefined ? null : info
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_CONSUMER) return null
    throw error
  }
}
