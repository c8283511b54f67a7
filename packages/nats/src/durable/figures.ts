import type { Closed, SourceFigures } from '@genpool/core/elsewhere'

/** What a consumer counts. */
export class ConsumerCounts {
  /** Casts that came, and what became of them. */
  received = 0
  done = 0
  /** Attempts that failed and are made again. */
  again = 0
  dead = 0
  /** Attempts that ended since the consumer, or its pool, was stopped. They are made again elsewhere, and have not failed. */
  cutShort = 0
  expired = 0
  /** Given back without a run: no member was idle, or the pool refused it. */
  returned = 0
  /** Those of them whose type no handler here knows. */
  unknown = 0
  /** Left to the server: what became of them could not be told or stored, and it delivers them again. */
  left = 0
  /** How often requests for casts were made anew because nothing was heard of them. */
  silent = 0
  /** How often this process stood still for so long that other consumers may have got its casts. */
  lapses = 0
  /** Casts that came again although they were acknowledged here. They are not run again. */
  unheard = 0
  /** Delayed casts that were moved twice: copies that came here and were not run. Another copy was. */
  copies = 0
  /** Messages that no stream has sent. */
  strange = 0
}

/** What a consumer does now, and what it has done. Times are milliseconds. */
export interface ConsumerInspection extends Readonly<ConsumerCounts> {
  readonly queue: string
  readonly id: string
  readonly connected: boolean
  readonly stopping: boolean
  /** How many casts it has in hand, the most it may have, and for how many more it has asked. */
  readonly inHand: number
  readonly atMost: number
  /** How many its pool can work on at once, whatever `atMost` says. */
  readonly members: number
  /**
   * Why its pool begins nothing that comes now, so that it takes nothing: it is `paused`, no member has started yet (`starting`), its circuit
   * `breaker` is open, its `rate` is used up (or its handlers have asked to back off), or it is `ending`. Null: it does.
   */
  readonly closed: Closed | null
  readonly asked: number
  /** How long the oldest one in hand has been here. */
  readonly oldestMs: number
  /** How many times a cast in hand ended since its consumer was stopped: of that for which it is the most. */
  readonly mostStops: number
  /**
   * The cast whose last attempt runs alone, since one before ended with its process, or which waits until what runs has ended
   * (`running: false`). Meanwhile nothing else begins, and no more casts are taken. Null if there is none.
   */
  readonly alone: { readonly id: string; readonly attempt: number; readonly running: boolean } | null
  /** The last failure; null if there was none. */
  readonly lastFailure: { readonly id: string; readonly code: string; readonly reason: string } | null
  /** How many casts it gave back in the last 15 s because no handler here knows their type, for each type. */
  readonly unknownTypes: Readonly<Record<string, number>>
  /** What the last look at JetStream said, or why nothing can be written down there; null if it was fine. */
  readonly trouble: string | null
  /** How many casts this process has deleted that were done, and came back with a server that was killed. */
  readonly cleared: number
  /** What the server said last of the whole queue; null before it has said something. */
  readonly server:
    | (NonNullable<SourceFigures['server']> &
        Pick<QueueInspection, 'longestLane' | 'overdue' | 'overdueMs' | 'foreign' | 'foreignSubjects'>)
    | null
}

/** What waits, is in hand and has died, as the server says. */
export interface QueueInspection {
  readonly queue: string
  /** Casts that were not delivered yet. */
  readonly waiting: number
  /** How many of them are in the fullest lane of keys, where one runs at a time. */
  readonly longestLane: number
  /** How many more wait each second, over the looks of this process in the last minute; 0 if there was none 5 s ago. */
  readonly growsPerSecond: number
  /** Casts that a consumer has in hand, or that wait for their next attempt. */
  readonly inHand: number
  /** Those of them that were delivered more than once. */
  readonly repeated: number
  /** Casts that are held back by their "delay". */
  readonly delayed: number
  /**
   * How many of them should have begun, and were not moved to where they run: their "delay" was over more than 2 s ago. An estimate if
   * some are overdue and many are not.
   */
  readonly overdue: number
  /** For how long, of those that were looked at, in milliseconds; 0 if none is. */
  readonly overdueMs: number
  readonly dead: number
  /** The age of the oldest cast that waits or is in hand, in milliseconds; 0 if there is none. One that is held back does not wait yet. */
  readonly oldestMs: number
  /**
   * Messages that the stream holds though nobody gets them: casts that are done, and came back with a server that was killed. Consumers
   * delete those that are certainly done.
   */
  readonly leftovers: number
  /**
   * Messages on subjects that are no lanes of the queue, and that no consumer of the stream takes: of a program with other options or of
   * another version, or stored by hand. Consumers make dead letters of them after `keepUnknown`.
   */
  readonly foreign: number
  /** These subjects; of many, those with the most messages. */
  readonly foreignSubjects: readonly string[]
  /** How many requests for casts of consumers wait at the server. 0: nobody consumes, or all members are busy. */
  readonly asking: number
  /** Messages that the stream has had for more than 5 s and nobody can read, since its files are gone. 0 if all is well. */
  readonly undelivered: number
  /** Why casts are not delivered, or what this process has to write down cannot be stored; null if all is well. */
  readonly trouble: string | null
}
