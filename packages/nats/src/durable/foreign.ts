import type { ConsumerInfo, JetStreamManager, StoredMsg, StreamState } from '@nats-io/jetstream'
import { InvalidError } from '@genpool/core'
import type { GenPoolError } from '@genpool/runtime'
import type { DeadLetters } from './dead-letters'
import type { ServerMs } from './delays'
import { type JobHeader, NO_HEADER, readJob } from './job-frame'
import type { QueueNames } from './names'

/** So many are buried in one turn. */
const MOST = 200
const MOST_NAMED = 5
const MOST_LOOKS = 20

/**
 * The subjects of the stream that are no lanes of the queue, and whose messages nobody gets, with how many there are. What a consumer of
 * another program takes there is its own.
 */
export function foreignIn(
  subjects: Readonly<Record<string, number>>,
  consumers: readonly Pick<ConsumerInfo, 'config'>[],
  names: Pick<QueueNames, 'has'>,
): ReadonlyMap<string, number> {
  const taken = consumers.flatMap(({ config }) => filtersOf(config))
  const isForeign = (subject: string): boolean =>
    !names.has(subject) && !taken.some((filter) => isMatch(filter.split('.'), subject.split('.')))
  return new Map(Object.entries(subjects).filter(([subject]) => isForeign(subject)))
}

/**
 * How many messages the subjects of the stream have. Of those that are no lanes it is looked whether they have one: nats-server 2.9 goes on
 * to count what was purged from a stream in memory.
 */
export async function subjectsIn(
  jsm: ForeignPorts['jsm'],
  names: Pick<QueueNames, 'jobs' | 'has'>,
  { subjects = {} }: Pick<StreamState, 'subjects'>,
): Promise<Readonly<Record<string, number>>> {
  const others = Object.keys(subjects).filter((subject) => !names.has(subject))
  const isGone = async (subject: string): Promise<boolean> =>
    (await jsm.streams.getMessage(names.jobs, { seq: 1, next_by_subj: subject } as never)) === null
  const looks = others.slice(0, MOST_LOOKS).map(async (subject) => ((await isGone(subject)) ? [subject] : []))
  const gone = new Set((await Promise.all(looks)).flat())
  return gone.size === 0 ? subjects : Object.fromEntries(Object.entries(subjects).filter(([each]) => !gone.has(each)))
}

function filtersOf({ filter_subject, filter_subjects }: ConsumerInfo['config']): readonly string[] {
  if (filter_subjects !== undefined && filter_subjects.length > 0) return filter_subjects
  return [filter_subject === undefined || filter_subject === '' ? '>' : filter_subject]
}

function isMatch(filter: readonly string[], subject: readonly string[]): boolean {
  const rest = filter.indexOf('>')
  if (rest === -1 ? filter.length !== subject.length : subject.length <= rest) return false
  return filter.every((part, i) => part === '*' || part === subject[i] || (rest !== -1 && i >= rest))
}

/** Those that have the most messages first. */
export function mostOf(foreign: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...foreign].sort(([, a], [, b]) => b - a)
  return sorted.slice(0, MOST_NAMED).map(([subject]) => subject)
}

/** A message on such a subject is a dead letter now. */
interface Buried {
  readonly header: JobHeader
  readonly seq: number
  readonly error: GenPoolError
  readonly reason: string
}

/** What burying needs. */
export interface ForeignPorts {
  readonly queue: string
  readonly jsm: { readonly streams: Pick<JetStreamManager['streams'], 'getMessage' | 'deleteMessage'> }
  readonly names: Pick<QueueNames, 'jobs'>
  readonly letters: Pick<DeadLetters, 'put'>
  /** For so long they wait for a program that knows their subject, in milliseconds. */
  readonly keepMs: number
  now(): ServerMs
  buried(message: Buried): void
}

/** Makes dead letters of messages that nobody gets, since their subjects are no lanes of the queue. */
export class Foreign {
  #clearing = false

  constructor(private readonly ports: ForeignPorts) {}

  /** Looks at these subjects. Called now and then; never rejects. */
  async clear(subjects: Iterable<string>): Promise<void> {
    if (this.#clearing) return
    this.#clearing = true
    // The consumer says itself that JetStream does not answer, or that the letters cannot be written.
    await this.#clear(subjects).catch(() => undefined)
    this.#clearing = false
  }

  async #clear(subjects: Iterable<string>): Promise<void> {
    let left = MOST
    for (const subject of subjects) {
      let found = await this.#next(subject, 1)
      for (; found !== null && left > 0; left--) {
        await this.#bury(found)
        found = await this.#next(subject, found.seq + 1)
      }
    }
  }

  /** The next message that is old enough; null if there is none. */
  async #next(subject: string, seq: number): Promise<StoredMsg | null> {
    const { jsm, names, keepMs, now } = this.ports
    const found = await jsm.streams.getMessage(names.jobs, { seq, next_by_subj: subject } as never)
    // A subject with a wildcard in it stands for others, too.
    return found?.subject === subject && now() - found.time.getTime() >= keepMs ? found : null
  }

  async #bury({ seq, subject, data, time }: StoredMsg): Promise<void> {
    const { jsm, names, letters, queue, now, buried } = this.ports
    const reason = `its subject "${subject}" is no lane of the queue "${queue}", and no consumer of its stream takes it`
    const error = new InvalidError(`message in the queue "${queue}"`, [{ path: [], message: reason }])
    const ended = { reason, code: error.code, attempts: 0, history: [], diedAt: new Date(now()) }
    await letters.put(seq, { ...ended, storedAt: time, data })
    // Others bury it, too: it has one letter, and who deletes it tells of it.
    const isOurs = await jsm.streams.deleteMessage(names.jobs, seq, false).catch(async (failed: unknown) => {
      if ((await jsm.streams.getMessage(names.jobs, { seq })) !== null) throw failed
      return false
    })
    if (isOurs) buried({ header: headerIn(data), seq, error, reason })
  }
}

function headerIn(bytes: Uint8Array): JobHeader {
  try {
    return readJob(bytes).header
  } catch {
    return NO_HEADER
  }
}
