import { onAbort } from '@genpool/core/elsewhere'
import { type Expiring, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Node } from '../nodes/node'
import { renew, type StateAt } from '../wire/frames'
import type { Held } from './key-order'

/** How a request came. */
export type RemoteKind = 'call' | 'query' | 'cast' | 'dispatch'

/** What its caller said about a request. */
export interface RequestSetup {
  readonly kind: RemoteKind
  readonly frame: Uint8Array
  /** The type of its message; null if it has none. */
  readonly type: string | null
  readonly deadline: Nanos
  /** Requests of one key go to one node. Null without one. */
  readonly key: string | null
  readonly idempotent: boolean
  /** What its caller has seen of the state that nodes share. */
  readonly state: StateAt | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly onProgress: ((value: unknown) => void) | undefined
}

const attemptOf = (id: string, number: number): string => `${id}-${number}`

/** The id of the request to which an attempt belongs. */
export function requestOf(attemptId: string): string {
  const at = attemptId.indexOf('-')
  return at < 0 ? attemptId : attemptId.slice(0, at)
}

/** Ids are numbers that grow. */
export function orderOf(id: string): number {
  return parseInt(id, 36)
}

/** One request of this client, from its call to its outcome. */
export class RemoteRequest implements Expiring {
  wheelPrevious: Expiring | null = null
  wheelNext: Expiring | null = null
  wheelSlot = -1
  readonly deadline: Nanos
  readonly key: string | null
  /** The id under which its node answers: each attempt has its own, so that nobody takes what an earlier node says for the answer of this one. */
  attemptId: string
  #attempts = 1
  /** The node that has it; null while it waits here. */
  node: Node | null = null
  /** When it was sent to that node. */
  sentAt: Nanos = 0
  /** How much work it was expected to be there, in milliseconds. */
  workMs = 0
  /** When it was sent for the first time; null if it was not. */
  firstSentAt: Nanos | null = null
  /** It was sent to its node a second time, because a connection or its answer was lost. */
  isRepeated = false
  /** How many times its attempt was sent, but for those of which is known that its node did not get or take them. */
  copies = 0
  /** How often its node has told that NATS refused its answer. */
  lostAnswers = 0
  /** Nodes that have refused it. */
  refusedBy: Set<string> | null = null
  /** Nodes that were paused and gave it back: they keep it if it comes again. */
  returnedBy: Set<string> | null = null
  /** It may have run at a node: one of them had it, and is gone or answers no more. */
  mayHaveRun = false
  settled = false
  /** It is counted among the calls of its key that are in flight. */
  isInOrder = false
  /** What it is while it waits for earlier ones of its key. */
  held: Held | null = null
  unwatch: (() => void) | null = null

  constructor(
    readonly id: string,
    readonly setup: RequestSetup,
    readonly createdAt: Nanos,
    readonly resolve: (value: unknown) => void,
    readonly reject: (error: Error) => void,
  ) {
    this.deadline = setup.deadline
    this.key = setup.key
    this.attemptId = id
  }

  /** Messages of a key go in this order. */
  get order(): number {
    return orderOf(this.id)
  }

  leftMs(now: Nanos): number {
    return (this.deadline - now) / NS_PER_MS
  }

  refused(node: string): void {
    this.refusedBy ??= new Set()
    this.refusedBy.add(node)
  }

  /** A node was paused, and gave it back. */
  returned(node: string): void {
    this.returnedBy ??= new Set()
    this.returnedBy.add(node)
  }

  /** Its attempt at its node is over. Whatever that node still says may only be an answer. */
  leaves(): void {
    this.node = null
    this.attemptId = attemptOf(this.id, ++this.#attempts)
  }

  /** Its frame with what is left of its budget. `again`: its node may have had it. */
  renewed(now: Nanos, again: boolean): Uint8Array {
    const frame = Uint8Array.from(this.setup.frame)
    const ageMs = this.firstSentAt === null ? 0 : (now - this.firstSentAt) / NS_PER_MS
    renew(frame, { budgetMs: this.leftMs(now), ageMs, again })
    return frame
  }

  /** Calls `aborted` when its caller aborts, until it has its outcome. */
  watch(signal: AbortSignal, aborted: () => void): void {
    this.unwatch = onAbort(signal, aborted)
  }
}
