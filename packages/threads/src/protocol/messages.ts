import type { SpanAttributes, StateOptions } from '@genpool/core/elsewhere'
import type { PlainAddress } from '@genpool/runtime'
import type { CellKey, OwnerMessage, ReplicaMessage } from '@genpool/state-ane'
import type { Delivery, Fault, Following, RequestKind, Started } from '@genpool/core'
import type { EncodedValue } from '../values/errors'
import type { TraceHeaders } from '../values/trace-context'

/** The trace of a caller. */
export interface CallerTrace {
  readonly headers: TraceHeaders
  /** The attributes of the spans of its runs; undefined if its pool makes no spans. */
  readonly spanAttributes: SpanAttributes | undefined
}

/** One message for a handler. */
export interface JobMessage {
  readonly id: number
  readonly kind: RequestKind
  /** Whether it is the argument for `handleContinue`. */
  readonly continues: boolean
  readonly message: unknown
  /** When its caller sent it. */
  readonly sentAt: number
  /** Infinity without one, and for one that may change: see `SharedWords`. */
  readonly deadline: number
  readonly expectsAnswer: boolean
  /** Whether its caller is told how far it is. */
  readonly wantsProgress: boolean
  /** Whether its answer may wait for others, if its caller has waited long. */
  readonly mayWait: boolean
  /** How many times it ran before. */
  readonly attempt: number
  /** How it was delivered, for one that is kept until it is done. */
  readonly delivery?: Delivery | undefined
  /** The sender of a dispatch. */
  readonly sender: PlainAddress | null
  /** The trace of its caller. */
  readonly trace?: CallerTrace | undefined
}

/** What a thread is told when a member takes it. */
export interface Setup {
  readonly name: string
  readonly self: PlainAddress
  readonly parent: PlainAddress | undefined
  readonly hasLog: boolean
  readonly member: {
    readonly ref: PlainAddress
    readonly name: string
    readonly slot: number
    readonly incarnation: number
  }
  readonly stateOptions: Pick<StateOptions, 'type' | 'commit' | 'retries'>
  /** The key of the state that all members share; null if each has its own. */
  readonly shared: CellKey | null
  /** What process.hrtime() shows more than the clock of the pool, in nanoseconds. */
  readonly clockOffset: bigint
}

/** What the behaviour of a module has. */
export interface Manifest {
  readonly calls: readonly (readonly [type: string, batch: number])[]
  readonly casts: readonly (readonly [type: string, batch: number])[]
  /** The name of the handler that takes calls of any shape; null if there is none. */
  readonly anyCall: string | null
  readonly anyCast: string | null
}

/** Why a module could not be used. `isFinal`: another try would end the same. */
interface LoadFailure {
  readonly error: EncodedValue
  readonly isFinal: boolean
}

/** A job for a thread. */
export type JobToThread = readonly ['job', place: number, JobMessage, companions: readonly JobMessage[] | null]

/** What the owner sends: a list of these in one post. */
export type ToThread =
  | readonly ['start', Setup]
  /** Makes the state that all members share. */
  | readonly ['init', Setup]
  /** What the owner of the shared state says. Errors in it are encoded. */
  | readonly ['state', OwnerMessage<unknown>]
  | JobToThread
  /** How its steps are committed from now on. */
  | readonly ['options', Setup['stateOptions']]
  /** `reason`: the error of its caller. Of a batch, of the one that left last. */
  | readonly ['cancel', id: number, reason: EncodedValue]
  /** The caller of one message of a batch no longer waits, and others do. `batch`: the number of the first message. */
  | readonly ['left', batch: number, id: number]
  | readonly ['queried', query: number, value: unknown, error: EncodedValue | null]
  /** An answer has come to a reply address that the thread has sent away. Its owner keeps it, under this number. */
  | readonly ['resolved', id: number, kept: number]
  /** The pool has heard of a back-off, and has taken back what the thread had not begun then. */
  | readonly ['backedOff']
  /** A post of the thread could not be read: it is to come again, without what was wrong in it. */
  | readonly ['again', post: number]
  /** `keeps`: the thread goes on, for another member. */
  | readonly ['end', reason: EncodedValue, poolStops: boolean, keeps: boolean]

/** An answer: a value, or the number of one that the owner keeps. */
interface Answer {
  readonly value: unknown
  readonly kept?: number
}

/** What comes of a run if its commit is done: it goes with the commit. */
export interface CommittedRun {
  readonly job: number
  /** Its answer; undefined if that comes after the commit. */
  readonly answer: Answer | undefined
  /** Why its answer cannot be cloned. */
  readonly fault?: Fault
  /** How long it ran, if it is over then; -1 if it is not. */
  readonly ranNs: number
}

/** What a thread sends: a list of these in one post. */
export type ToOwner =
  | readonly ['loaded', Manifest]
  | readonly ['unloadable', LoadFailure]
  /** What ends the thread: nobody has caught it. */
  | readonly ['uncaught', EncodedValue]
  /** What `init` made: a state, or a step that says how to start. */
  | readonly ['made', kind: 'state' | 'continue' | 'ignore' | 'refuse', value: unknown, reason: unknown]
  | readonly ['notMade', EncodedValue]
  /** What the replica of the shared state says. Errors in it are encoded. */
  | readonly ['cell', ReplicaMessage]
  | readonly ['started', Started]
  | readonly ['notStarted', EncodedValue]
  /** `answered`: a number is that of a value that the owner keeps. */
  | readonly ['answered', id: number, value: unknown, answered: boolean | number]
  | readonly ['failedAlone', id: number, EncodedValue]
  /** Its answer cannot be cloned. */
  | readonly ['unanswerable', id: number, Fault]
  | readonly ['progress', id: number, value: unknown]
  | readonly ['backOff', id: number, ms: number, key: unknown, again: boolean]
  /** Its handler wants it to run again, after the back-off that was sent before. */
  | readonly ['again', id: number, runNs: number]
  /** It has not begun and never will: its member does something else first. */
  | readonly ['returned', id: number]
  | readonly ['done', id: number, then: Following | null, runNs: number]
  | readonly ['crashed', id: number, EncodedValue, runNs: number]
  | readonly ['refused', id: number, EncodedValue, runNs: number]
  /** The reply address of this job was sent away: answers to it come through the owner. */
  | readonly ['opened', id: number]
  | readonly ['dispatch', to: PlainAddress, message: unknown, from: PlainAddress | null]
  | readonly ['query', query: number, to: PlainAddress, message: unknown, timeout: number]
  | readonly ['stop', to: PlainAddress]
  | readonly ['log', level: string, args: readonly EncodedValue[]]
  | readonly ['ended', EncodedValue | null]
  /** The same as `again` to a thread. */
  | readonly ['repost', post: number]
