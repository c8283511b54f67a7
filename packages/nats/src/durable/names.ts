import type { CheckedDurableOptions } from './durable-options'
import { hashOf } from '../nodes/hash'

/** The lane of casts without a key. Those of keys are numbered from 1. */
export const PLAIN = 0

/** A subject of casts, and the consumer at the server that delivers them. */
export interface Subject {
  readonly subject: string
  readonly consumer: string
}

/** What the names of a queue are made of. */
export type NameOptions = Pick<CheckedDurableOptions, 'prefix' | 'name' | 'lanes' | 'domain'>

/** The names of one queue: of its streams, their subjects and their consumers. */
export class QueueNames {
  /** What the subjects of JetStream's own questions begin with. */
  readonly api: string
  readonly jobs: string
  readonly tries: string
  readonly dead: string
  /** All casts that wait. */
  readonly allJobs: string
  /** Casts that are held back. */
  readonly later: string
  /** Casts that are not held back. */
  readonly runs: readonly string[]
  readonly allTries: string
  /** Which copies of delayed casts run. */
  readonly allMoved: string
  /** Delayed casts for whose copies the stream of casts had no room. */
  readonly allAside: string
  readonly allDead: string
  /** The subject and the consumer of each lane. */
  readonly lanes: readonly Subject[]
  readonly #laneOf: ReadonlyMap<string, number>
  /** Whose names these are, for people. */
  readonly owner: string
  readonly #base: string

  constructor({ prefix, name, lanes, domain }: NameOptions) {
    this.api = domain === undefined ? '$JS.API' : `$JS.${domain}.API`
    this.owner = ownerIn(prefix, name)
    const base = (this.#base = `${prefix}.${name}`)
    this.jobs = `${prefix}_${name}_jobs`
    this.tries = `${prefix}_${name}_tries`
    this.dead = `${prefix}_${name}_dead`
    this.allJobs = `${base}.jobs.>`
    this.later = `${base}.jobs.later`
    this.runs = [`${base}.jobs.any`, `${base}.jobs.key.>`]
    this.allTries = `${base}.tries.>`
    this.allMoved = `${base}.tries.moved.>`
    this.allAside = `${base}.tries.aside.>`
    this.allDead = `${base}.dead.>`
    this.lanes = Array.from({ length: lanes + 1 }, (_, i) =>
      i === PLAIN
        ? { subject: `${base}.jobs.any`, consumer: 'any' }
        : { subject: `${base}.jobs.key.${i}`, consumer: `key-${i}` },
    )
    this.#laneOf = new Map(this.lanes.map(({ subject }, i) => [subject, i]))
  }

  /** The queue that has these subjects in a stream of the same name: "a" with "b_c", and "a_b" with "c". Null if that is no other one. */
  ownerOf(subjects: readonly string[] = []): string | null {
    if (subjects.includes(this.allJobs)) return null
    for (const subject of subjects) {
      const [prefix, name, ...rest] = subject.split('.')
      const isQueue = rest.join('.') === 'jobs.>' && `${prefix}_${name}_jobs` === this.jobs
      if (isQueue && subject !== this.allJobs) return ownerIn(prefix as string, name as string)
    }
    return null
  }

  /** The consumers of all lanes. */
  get consumers(): readonly string[] {
    return this.lanes.map(({ consumer }) => consumer)
  }

  /** Those of all lanes, and of what is held back. */
  get all(): readonly Subject[] {
    return [...this.lanes, { subject: this.later, consumer: 'later' }]
  }

  /** Whether a subject of the stream of casts is one of the queue. */
  has(subject: string): boolean {
    return this.#laneOf.has(subject) || subject === this.later
  }

  /** The subject on which a cast of this key runs. */
  subjectOf(key: string | undefined): string {
    const lane = key === undefined ? PLAIN : 1 + (hashOf(key) % (this.lanes.length - 1))
    return (this.lanes[lane] as { subject: string }).subject
  }

  /** The lane of a subject; undefined if it is none. */
  laneOf(subject: string): number | undefined {
    return this.#laneOf.get(subject)
  }

  triesOf(seq: number | 'clock' | 'marks'): string {
    return `${this.#base}.tries.${seq}`
  }

  /** Which copy runs of the delayed cast that had this place. */
  movedOf(seq: number): string {
    return `${this.#base}.tries.moved.${seq}`
  }

  /** Which copy runs of the dead letter that had this place, and was sent again. */
  sentAgainOf(seq: number): string {
    return `${this.#base}.tries.moved.dead.${seq}`
  }

  /** Where a delayed cast of this place is put aside, and no other one that had this place before its stream was made anew. */
  asideOf(seq: number, storedAt: number): string {
    return `${this.#base}.tries.aside.${Math.trunc(storedAt)}.${seq}`
  }

  deadOf(seq: number): string {
    return `${this.#base}.dead.${seq}`
  }
}

function ownerIn(prefix: string, name: string): string {
  return `the prefix "${prefix}" and the name "${name}"`
}
