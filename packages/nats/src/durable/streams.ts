import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  type JetStreamManager,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { NS_PER_MS } from '@genpool/runtime'
import type { CheckedDurableOptions } from './durable-options'
import type { DurableFailures } from './failures'
import type { QueueNames } from './names'

const NOT_FOUND = 10059
/** For how long failed attempts are remembered. */
const KEEP_TRIES_MS = 30 * 24 * 3_600_000
/** How many requests for casts a lane takes at once, of all machines together. */
const MAX_WAITING = 10_000

/** What is fixed when a queue is made. The stream keeps it in its description: its server may be too old for metadata. */
interface Fixed {
  readonly lanes: number
  readonly ackWait: number
}

/**
 * Makes the streams and consumers of a queue, as far as they are missing. Several machines may do so at once.
 *
 * @throws {OptionsError} if the queue was made with other options; what JetStream says
 */
export async function ensureStreams(
  jsm: JetStreamManager,
  { names, options, failures }: { names: QueueNames; options: CheckedDurableOptions; failures: DurableFailures },
): Promise<void> {
  const { lanes, ackWait, storage, replicas, duplicates, keepDead } = options
  const common: Partial<StreamConfig> = {
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    allow_direct: true,
  }
  const fixed: Fixed = { lanes, ackWait }
  const jobs = await ensureStream(jsm, {
    ...common,
    name: names.jobs,
    subjects: [names.allJobs],
    description: JSON.stringify({ genpool: 1, ...fixed }),
    retention: RetentionPolicy.Workqueue,
    // Full is full: no cast that is stored is thrown away for a newer one.
    discard: DiscardPolicy.New,
    duplicate_window: duplicates * NS_PER_MS,
  })
  checkFixed(jobs, fixed, failures)
  await ensureStream(jsm, {
    ...common,
    name: names.tries,
    subjects: [names.allTries],
    max_msgs_per_subject: 1,
    max_age: KEEP_TRIES_MS * NS_PER_MS,
  })
  await ensureStream(jsm, {
    ...common,
    name: names.dead,
    subjects: [names.allDead],
    max_age: keepDead === Infinity ? 0 : Math.round(keepDead * NS_PER_MS),
  })
  const all = [...names.lanes, { subject: names.later, consumer: 'later' }]
  const there = new Set<string>()
  for await (const { name } of jsm.consumers.list(names.jobs)) there.add(name)
  // Adding one again would need room, also if nothing changes.
  const missing = all.filter(({ consumer }) => !there.has(consumer))
  await Promise.all(
    missing.map(({ subject, consumer }) => jsm.consumers.add(names.jobs, consumerOf(subject, consumer, ackWait))),
  )
}

/** Of a lane of keys one cast is in hand at a time, over all machines: the server delivers no other one until it is acknowledged. */
function consumerOf(subject: string, consumer: string, ackWait: number): Partial<ConsumerConfig> {
  return {
    durable_name: consumer,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWait * NS_PER_MS,
    max_deliver: -1,
    max_waiting: MAX_WAITING,
    max_ack_pending: consumer.startsWith('key-') ? 1 : -1,
  }
}

async function ensureStream(
  jsm: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<StreamConfig> {
  try {
    return (await jsm.streams.info(config.name)).config
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === NOT_FOUND)) throw error
    return (await jsm.streams.add(config)).config
  }
}

function checkFixed({ description, retention }: StreamConfig, fixed: Fixed, failures: DurableFailures): void {
  const found = fixedIn(description)
  if (found === null || retention !== RetentionPolicy.Workqueue) {
    throw failures.otherQueue('name', 'something else', 'a queue of durable casts')
  }
  for (const option of ['lanes', 'ackWait'] as const) {
    if (found[option] !== fixed[option]) throw failures.otherQueue(option, found[option], fixed[option])
  }
}

function fixedIn(description: string | undefined): Partial<Fixed> | null {
  try {
    const found = JSON.parse(description ?? '') as (Partial<Fixed> & { genpool?: unknown }) | null
    return found?.genpool === 1 ? found : null
  } catch {
    return null
  }
}
