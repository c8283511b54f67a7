import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { type Clock, NS_PER_MS } from '@genpool/runtime'
import { type CheckedDurableOptions, durableOptions } from './durable-options'
import type { DurableFailures } from './failures'
import { consumerOf } from './lanes'
import { listed } from './listed'
import type { QueueNames } from './names'
import { pause } from '../pause'
import { foundStream, isOpen, type NamedStream, remake, type RemakingPorts } from './remade'
import { KEEP_TRIES_MS } from './thrown-away'

/** What is fixed when a queue is made. The stream keeps it in its description: its server may be too old for metadata. */
interface Fixed {
  readonly lanes: number
  readonly ackWait: number
  /** The first place of one that was made again. */
  readonly first?: number
}

/** What a new queue has if nobody says otherwise. */
const DEFAULTS = { storage: 'file', replicas: 1, duplicates: 120_000, keepDead: Infinity } as const

/** What of a stream can be changed while it is used. */
type Changes = Pick<Partial<StreamConfig>, 'num_replicas' | 'duplicate_window' | 'max_age'>

/** What a stream is to be. */
interface Wanted {
  readonly made: NamedStream
  /** What somebody has asked for: one that is there is changed. */
  readonly asked: Changes
}

/** What making the streams of a queue needs. */
interface StreamPorts extends RemakingPorts {
  /** A place behind all that the stream of casts ever had. */
  readonly nextPlace: number
  readonly clock: Clock
  readonly names: QueueNames
  readonly options: CheckedDurableOptions
  readonly failures: DurableFailures
}

/**
 * Makes the streams and consumers of a queue, as far as they are missing. Several machines may do so at once.
 *
 * @param isFirst whether this process opens the queue: streams that are there are changed to what the options ask for. Otherwise, those
 *   that are missing were deleted
 * @returns the names of those that somebody has given other subjects, or that do not acknowledge what they store
 * @throws {OptionsError} if the queue was made with other options; what JetStream says
 */
export async function ensureStreams(
  jsm: JetStreamManager,
  ports: StreamPorts,
  isFirst: boolean,
): Promise<readonly string[]> {
  const { names, options, failures } = ports
  const { lanes, ackWait } = options
  const fixed: Fixed = { lanes, ackWait, ...(isFirst ? {} : { first: ports.nextPlace }) }
  const streams = streamsOf(ports, fixed)
  const { missing: gone, found: infos } = await ensureAll(jsm, streams, isFirst)
  if (gone.length > 0) {
    await remake(jsm, gone, ports)
    return ensureStreams(jsm, ports, isFirst)
  }
  for (const wanted of streams) {
    const info = infos.get(wanted.made.name) as StreamInfo
    const found = info.config
    if (wanted.made.name === names.jobs) checkFixed(found, { fixed, storage: options.storage, failures, names })
    if (!isFirst) continue
    if (wanted.made.name === names.jobs) checkWindow(found, wanted.asked, ports)
    await changeStream(jsm, { info, asked: wanted.asked, ports })
    if (wanted.made.name !== names.jobs) await keepAll(jsm, found)
  }
  const there = new Set((await listed(jsm.consumers.list(names.jobs))).map(({ name }) => name))
  // Adding one again would need room, also if nothing changes.
  const missing = names.all.filter(({ consumer }) => !there.has(consumer))
  await Promise.all(
    missing.map(({ subject, consumer }) => jsm.consumers.add(names.jobs, consumerOf(subject, consumer, ackWait))),
  )
  return streams
    .map(({ made }) => made)
    .filter((made) => isStray(infos.get(made.name) as StreamInfo, made))
    .map(({ name }) => name)
}

function isStray({ config: { subjects, no_ack } }: StreamInfo, { subjects: [own] }: NamedStream): boolean {
  return no_ack === true || !subjects?.includes(own as string)
}

function streamsOf({ names, options }: StreamPorts, fixed: Fixed): Wanted[] {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { storage, replicas, duplicates, keepDead } = {
    ...DEFAULTS,
    duplicates: Math.max(DEFAULTS.duplicates, options.timeout),
    ...given,
  } as CheckedDurableOptions & typeof DEFAULTS
  const common: Partial<StreamConfig> = {
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    allow_direct: true,
    // Full is full: nothing that is stored is thrown away for something newer.
    discard: DiscardPolicy.New,
  }
  const duplicate_window = Math.round(duplicates * NS_PER_MS)
  const max_age = keepDead === Infinity ? 0 : Math.round(keepDead * NS_PER_MS)
  const asked: Changes = options.replicas === undefined ? {} : { num_replicas: replicas }
  return [
    {
      made: {
        ...common,
        name: names.jobs,
        subjects: [names.allJobs],
        description: JSON.stringify({ genpool: 1, ...fixed }),
        retention: RetentionPolicy.Workqueue,
        duplicate_window,
      },
      asked: options.duplicates === undefined ? asked : { ...asked, duplicate_window },
    },
    {
      made: {
        ...common,
        name: names.tries,
        subjects: [names.allTries],
        max_msgs_per_subject: 1,
        max_age: KEEP_TRIES_MS * NS_PER_MS,
      },
      asked,
    },
    {
      made: { ...common, name: names.dead, subjects: [names.allDead], max_age },
      asked: options.keepDead === undefined ? asked : { ...asked, max_age },
    },
  ]
}

/** Changes what differs; equal ones are left alone, since each change needs room at the server. */
async function changeStream(
  jsm: JetStreamManager,
  { info, asked, ports }: { info: StreamInfo; asked: Changes; ports: StreamPorts },
): Promise<void> {
  const found = info.config
  const differing = (Object.keys(asked) as (keyof Changes)[]).filter((key) => asked[key] !== found[key])
  if (differing.length === 0) return
  const { max_age = 0 } = asked
  // Ids cannot be known for longer than their messages are kept.
  const window = max_age > 0 ? { duplicate_window: Math.min(max_age, found.duplicate_window) } : {}
  const changed = differing.map((key) => `${key} from ${found[key]} to ${asked[key] ?? 0}`).join(', ')
  const not = `The stream "${found.name}" cannot be changed: ${changed}`
  if (differing.includes('num_replicas') && asked.num_replicas !== 1 && isAlone(info)) {
    throw ports.failures.unreachable(new JetStreamApiError(NO_CLUSTER), `${not}, since this is a server alone.`)
  }
  try {
    await jsm.streams.update(found.name, { ...found, ...window, ...asked })
  } catch (error) {
    throw ports.failures.unreachable(error, `${not}.`)
  }
  if (differing.includes('num_replicas')) await spread(jsm, { name: found.name, ports })
}

/**
 * Letters and attempts of earlier versions were thrown away for newer ones when their stream was full. Where that cannot be changed, for
 * want of room or of a permission, the queue works as before.
 */
async function keepAll(jsm: JetStreamManager, { name, discard }: StreamConfig): Promise<void> {
  if (discard === DiscardPolicy.New) return
  await jsm.streams.update(name, { discard: DiscardPolicy.New }).catch(() => undefined)
}

/**
 * Whether its server is in no cluster. Such a server refuses a new stream with replicas, but nats-server 2.9.10 takes the change of one
 * that is there, and then does not find it at its next start.
 */
function isAlone({ cluster }: StreamInfo): boolean {
  return cluster === undefined || cluster === null
}

/** What a server alone says of a new stream with replicas. */
const NO_CLUSTER = { code: 500, err_code: 10074, description: 'replicas > 1 not supported in non-clustered mode' }

/** Waits until the servers have agreed who leads the stream: until then nobody answers for it. But not for longer than `timeout`. */
async function spread(jsm: JetStreamManager, { name, ports }: { name: string; ports: StreamPorts }): Promise<void> {
  const { clock, options } = ports
  const until = clock.now() + options.timeout * NS_PER_MS
  while (clock.now() < until) {
    const cluster = await jsm.streams.info(name).then(
      (info) => info.cluster ?? null,
      () => undefined,
    )
    const isAgreed = cluster?.leader !== undefined && (cluster.replicas?.length ?? 0) + 1 === options.replicas
    // Null: a server alone.
    if (isAgreed || cluster === null) return
    await pause(clock, 100)
  }
}

/** Looks which streams are there, and makes those that a new queue has not. Returns those that have to be made again, too. */
async function ensureAll(
  jsm: JetStreamManager,
  streams: readonly Wanted[],
  isFirst: boolean,
): Promise<{ readonly found: Map<string, StreamInfo>; readonly missing: NamedStream[] }> {
  const found = new Map<string, StreamInfo>()
  const missing: NamedStream[] = []
  for (const { made } of streams) {
    let info = await foundStream(jsm, made.name)
    if (info === null && isFirst) info = await jsm.streams.add(made)
    if (info === null || !isOpen(info, made)) missing.push(made)
    else found.set(made.name, info)
  }
  return { found, missing }
}

function checkFixed(
  { description, retention, storage: theirs, subjects }: StreamConfig,
  {
    fixed,
    storage,
    failures,
    names,
  }: { fixed: Fixed; storage: 'file' | 'memory' | undefined; failures: DurableFailures; names: QueueNames },
): void {
  const found = fixedIn(description)
  if (found === null || retention !== RetentionPolicy.Workqueue) {
    throw failures.otherQueue('name', 'something else', 'a queue of durable casts')
  }
  const owner = names.ownerOf(subjects)
  if (owner !== null) throw failures.otherQueue('name', owner, names.owner)
  for (const option of ['lanes', 'ackWait'] as const) {
    if (found[option] === fixed[option]) continue
    throw failures.otherQueue(
      option,
      found[option],
      fixed[option],
      fixed[option] === durableOptions.shape[option].parse(undefined),
    )
  }
  const isMemory = theirs === StorageType.Memory
  if (storage !== undefined && isMemory !== (storage === 'memory')) {
    throw failures.otherQueue('storage', theirs, storage)
  }
}

/** Ids must be known for as long as a cast is sent again. */
function checkWindow(found: StreamConfig, asked: Changes, { options, failures }: StreamPorts): void {
  const windowMs = Math.floor((asked.duplicate_window ?? found.duplicate_window) / NS_PER_MS)
  if (windowMs < options.timeout) throw failures.shortWindow(windowMs, options.timeout)
}

function fixedIn(description: string | undefined): Partial<Fixed> | null {
  try {
    const found = JSON.parse(description ?? '') as (Partial<Fixed> & { genpool?: unknown }) | null
    return found?.genpool === 1 ? found : null
  } catch {
    return null
  }
}
