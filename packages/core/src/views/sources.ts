import type { Finding } from './explain/finding'

/** The figures of a source of a pool. Times are milliseconds. */
export interface SourceFigures {
  /** The name of the queue where it takes messages from. */
  readonly queue: string
  readonly id: string
  readonly connected: boolean
  /** How many messages it has given to the pool, or is about to. */
  readonly inHand: number
  /** What the server said last of the whole queue, for all consumers; null before it has said something. */
  readonly server: {
    /** How many messages wait there. */
    readonly waiting: number
    /** How many are held back: they do not wait yet, and are in no other figure. */
    readonly delayed: number
    /** How many were delivered and not acknowledged yet, and how many of them were delivered more than once. */
    readonly unacknowledged: number
    readonly redelivered: number
    readonly dead: number
    /** The age of the oldest message that waits or is not acknowledged yet; 0 if there is none. */
    readonly oldestMs: number
    /** How many more messages wait for each second, lately. Negative: fewer. */
    readonly growsPerSecond: number
    /** How long ago it said that. */
    readonly agoMs: number
  } | null
}

/** What brings messages to a pool and keeps them until they are done: a consumer of a durable queue. */
export interface Source {
  inspect(): SourceFigures
  /** What limits it now; nothing if it is calm. */
  findings(): readonly Finding[]
}
