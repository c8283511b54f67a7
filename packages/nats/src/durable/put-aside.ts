import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { Clock } from '@genpool/runtime'
import { pause } from '../pause'
import { movedId } from './copies'
import { isStreamFull } from './failures'
import { readJob } from './job-frame'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'

/** What was just acknowledged makes room a moment later. */
const TRIES = 10
const BETWEEN_MS = 100

/** What putting aside needs. */
export interface PutAsidePorts {
  readonly jsm: { readonly streams: Pick<JetStreamManager['streams'], 'getMessage' | 'purge'> }
  readonly notes: Pick<Publisher, 'store'>
  readonly names: Pick<QueueNames, 'tries' | 'asideOf' | 'allAside' | 'subjectOf'>
  readonly clock: Clock
  /** Whether the queue holds nothing that runs, so that nobody makes room. */
  standsStill(): Promise<boolean>
}

/** A delayed cast that is due, as it is stored where it runs. */
export interface Due {
  readonly seq: number
  readonly storedAt: number
  readonly frame: Uint8Array
}

/**
 * Moves delayed casts that take all room of a queue with a limit. A copy is stored first where they run, and there is no room for it: so it is
 * stored in the stream of attempts, its place is given up, and then it is stored where it runs.
 *
 * Nothing is lost: at each moment it is stored somewhere. If the process ends between two steps, any consumer goes on with the next one. It
 * runs once: all its copies have one origin, and `Copies` knows which one runs. Only if nobody consumes for as long as attempts are kept
 * (30 days), one that was put aside in the last moment of a process is gone.
 */
export class PutAside {
  #putting = false
  #moving: Promise<void> | null = null

  constructor(private readonly ports: PutAsidePorts) {}

  /**
   * Puts a cast aside that could not be stored where it runs. One at a time. Never rejects.
   *
   * @returns whether it is: then its place is to be given up, and `move` to be called. Otherwise nothing has changed
   */
  async put(error: unknown, { seq, storedAt, frame }: Due): Promise<boolean> {
    const { notes, names, standsStill } = this.ports
    if (this.#putting || !isStreamFull(error)) return false
    this.#putting = true
    try {
      if (!(await standsStill())) return false
      // With an id, the server would not store it again that was put aside a moment ago.
      await notes.store({ subject: names.asideOf(seq, storedAt), frame })
      return true
    } catch {
      return false
    } finally {
      this.#putting = false
    }
  }

  /** Stores what was put aside where it runs, whoever has put it there. What has no room yet stays. Never rejects. */
  move(): Promise<void> {
    this.#moving ??= this.#moveAll()
      // The consumer says itself that JetStream does not answer, or that it is full.
      .catch(() => undefined)
      .finally(() => (this.#moving = null))
    return this.#moving
  }

  async #moveAll(): Promise<void> {
    const { jsm, names } = this.ports
    for (let from = 1; ;) {
      const asked = { seq: from, next_by_subj: names.allAside } as never
      const found = await jsm.streams.getMessage(names.tries, asked)
      if (found === null) return
      await this.#move(found)
      from = found.seq + 1
    }
  }

  async #move({ subject, data: frame }: StoredMsg): Promise<void> {
    const { jsm, notes, names } = this.ports
    const due = dueIn(subject, frame)
    // Somebody else has stored it there.
    if (due === null) return
    const messageId = movedId(due)
    await this.#patiently(() => notes.store({ subject: names.subjectOf(due.key), frame, messageId }))
    await jsm.streams.purge(names.tries, { filter: subject })
  }

  async #patiently(store: () => Promise<unknown>): Promise<void> {
    for (let left = TRIES; ; left--) {
      try {
        return void (await store())
      } catch (error) {
        if (left === 0 || !isStreamFull(error)) throw error
        await pause(this.ports.clock, BETWEEN_MS)
      }
    }
  }
}

interface Read extends Pick<Due, 'seq' | 'storedAt'> {
  readonly key: string | undefined
}

function dueIn(subject: string, frame: Uint8Array): Read | null {
  const seq = Number(subject.slice(subject.lastIndexOf('.') + 1))
  try {
    const { key, storedAt } = readJob(frame).header
    return storedAt === undefined || !(seq > 0) ? null : { seq, storedAt, key }
  } catch {
    return null
  }
}
