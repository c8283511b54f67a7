import type { JetStreamManager, StreamConfig, StreamInfo, StreamInfoRequestOptions } from '@nats-io/jetstream'
import type { Clock } from '@genpool/runtime'
import { nuid } from '@nats-io/transport-node'
import { DELETING_MS, pause } from '../pause'
import { areFilesGone, isNoStream } from './failures'
import type { Publisher } from './publisher'

/** Between making a stream and looking whether it works, in case the server took longer. */
const SETTLING_MS = 500
const LONGEST_MS = 8000

/** A stream that is to be there. */
export type NamedStream = Partial<StreamConfig> & { readonly name: string; readonly subjects: string[] }

/** What making streams again needs. */
export interface RemakingPorts {
  readonly clock: Clock
  readonly publisher: Pick<Publisher, 'store'>
  /** Asks again what may be answered soon. */
  patiently<T>(attempt: () => Promise<T>): Promise<T>
  /** These streams are gone, and are made again. */
  gone(streams: readonly string[]): void
}

/** A stream as the server has it; null if there is none. */
export async function foundStream(
  jsm: JetStreamManager,
  name: string,
  asked?: Partial<StreamInfoRequestOptions>,
): Promise<StreamInfo | null> {
  try {
    return await jsm.streams.info(name, asked)
  } catch (error) {
    if (isNoStream(error)) return null
    throw error
  }
}

/** Whether it takes what it is for. One that is being made again does not, until it is known to work. */
export function isOpen({ config }: StreamInfo, stream: NamedStream): boolean {
  // Something else of this name may have none.
  const { subjects = [] } = config as Partial<StreamConfig>
  return !(subjects.length === 1 && subjects[0] === probeOf(stream))
}

/**
 * Makes streams again that were deleted. Several processes may do so at once. Nothing is stored in a stream before it is known to
 * work. Without replicas, its places begin behind all that it ever had: an acknowledgement of the old one counts for nothing there.
 *
 * @throws {Error} if none of a few attempts works; what JetStream says
 */
export async function remake(
  jsm: JetStreamManager,
  streams: readonly NamedStream[],
  ports: RemakingPorts,
): Promise<void> {
  ports.gone(streams.map(({ name }) => name))
  let left = streams
  for (let waitMs = DELETING_MS; waitMs <= LONGEST_MS; waitMs *= 2) {
    await pause(ports.clock, waitMs, false)
    for (const stream of left) await ports.patiently(() => addClosed(jsm, stream))
    await pause(ports.clock, SETTLING_MS, false)
    const bad: NamedStream[] = []
    for (const stream of left) if (!(await ports.patiently(() => opened(jsm, stream, ports)))) bad.push(stream)
    if (bad.length === 0) return
    left = bad
  }
  const [{ name }] = left as [NamedStream]
  throw new Error(`the stream "${name}" was deleted and made again, and the server does not keep what is stored in it`)
}

async function addClosed(jsm: JetStreamManager, stream: NamedStream): Promise<void> {
  // Another process may have been faster.
  if ((await foundStream(jsm, stream.name)) !== null) return
  await jsm.streams.add({ ...stream, subjects: [probeOf(stream)] })
}

/** Opens a stream that works. @returns false if it does not: it is deleted, or somebody else has done so */
async function opened(jsm: JetStreamManager, stream: NamedStream, ports: RemakingPorts): Promise<boolean> {
  const found = await foundStream(jsm, stream.name)
  if (found === null) return false
  if (isOpen(found, stream)) return true
  if (!(await works(jsm, found, { stream, ports }))) {
    await removeClosed(jsm, found, stream)
    return false
  }
  await jsm.streams.update(stream.name, { ...found.config, subjects: stream.subjects })
  return true
}

/** Whether what is stored can be read. Afterwards it is empty, and its places begin where its description says. */
async function works(
  jsm: JetStreamManager,
  { config }: StreamInfo,
  { stream, ports }: { stream: NamedStream; ports: RemakingPorts },
): Promise<boolean> {
  const { name } = stream
  const first = beginningOf(config)
  let seq: number
  try {
    seq = (await ports.publisher.store({ subject: probeOf(stream), frame: new Uint8Array(1), messageId: nuid.next() }))
      .seq
  } catch (error) {
    if (areFilesGone(error)) return false
    throw error
  }
  const isThere = (await jsm.streams.getMessage(name, { seq })) !== null
  // Another process that makes it again may have emptied it meanwhile.
  if (!isThere && !(await isEmptied(jsm, name, seq))) return false
  if (seq < first) await jsm.streams.purge(name, { seq: first })
  else if (isThere) await jsm.streams.deleteMessage(name, seq)
  return true
}

async function isEmptied(jsm: JetStreamManager, name: string, seq: number): Promise<boolean> {
  const state = (await foundStream(jsm, name))?.state
  return state !== undefined && (state.messages === 0 || state.first_seq > seq)
}

/** Only if it is still the same one, and still holds nothing of anybody. */
async function removeClosed(jsm: JetStreamManager, { created }: StreamInfo, stream: NamedStream): Promise<void> {
  const now = await foundStream(jsm, stream.name)
  if (now === null || isOpen(now, stream) || String(now.created) !== String(created)) return
  await jsm.streams.delete(stream.name)
}

/** The first place that a stream ever had. */
export function firstPlaceOf({ config, state }: Pick<StreamInfo, 'config' | 'state'>): number {
  const first = beginningOf(config)
  return state.last_seq >= first - 1 ? first : 1
}

/** With which place it is to begin, as who has made it says there. */
function beginningOf({ description, num_replicas }: Pick<StreamConfig, 'description' | 'num_replicas'>): number {
  // With replicas, nats-server 2.9.10 takes nothing any more when its places were moved on.
  if (num_replicas !== 1) return 1
  try {
    const { first } = JSON.parse(description ?? '{}') as { readonly first?: unknown }
    return typeof first === 'number' ? first : 1
  } catch {
    return 1
  }
}

/** The subject on which it is looked whether a stream works. */
function probeOf({ subjects }: NamedStream): string {
  return (subjects[0] as string).replace(/>$/, 'new')
}
