import type { GenPoolError } from '@genpool/core'
import { callSafely, type Nanos, warnOfCallback } from '@genpool/runtime'
import { type Attempt, attemptOf } from '../calls/retry-rule'
import type { Node } from '../nodes/node'
import type { Bodies } from '../wire/codec'
import { unknownKind } from '../wire/errors'
import { openFailure, type ReadFailure } from '../wire/failures'
import { type Frame, Kind, printOf, readAnswer } from '../wire/frames'
import type { RemoteFailures } from './failures'
import type { Pending } from './pending'
import type { Reads } from './reads'
import type { RemoteRequest } from './remote-request'

/** What answers need. */
export interface AnswerPorts {
  readonly name: string
  readonly pending: Pick<Pending, 'get' | 'now' | 'of'>
  readonly counts: { bad: number; late: number; retries: number }
  readonly failures: RemoteFailures
  readonly reads: Reads
  readonly roster: {
    /** NATS says that nobody listens at the address of this node. */
    tookNothing(node: string, now: Nanos): void
  }
  readonly outcomes: {
    settle(request: RemoteRequest, error: Error | null, value?: unknown): void
    giveUp(request: RemoteRequest, error: Error): void
  }
  readonly retries: {
    failed(request: RemoteRequest, attempt: Attempt, error: GenPoolError, now: Nanos): void
    /** Nobody listened, and there is another node. */
    unreached(request: RemoteRequest, now: Nanos): void
  }
  readonly delivery: {
    hasNodeFor(request: RemoteRequest, now: Nanos): boolean
    send(request: RemoteRequest, now: Nanos): void
    wait(request: RemoteRequest): void
  }
  readonly keys: {
    /** Whether a call of this key is at a node. */
    isInFlight(key: string): boolean
  }
  readonly casts: {
    cameTooEarly(id: string): void
    wasRefused(id: string, errorOf: (node: string, sent: Uint8Array) => GenPoolError | undefined): boolean
    reachedNobody(id: string, now: Nanos): void
  }
  bodies(): Bodies
}

/** Reads what comes back for a request, and says what that means for it. */
export class Answers {
  constructor(private readonly ports: AnswerPorts) {}

  /** A node answers, or tells how far it is. */
  received(id: string, frame: Frame): void {
    const { pending, counts, failures, outcomes, retries } = this.ports
    const request = pending.get(id)
    if (request === undefined) return this.#lateOrCast(id, frame)
    const isCurrent = request.attemptId === id
    // The node of an earlier attempt may refuse it twice, if it was asked again. Meanwhile another node has it.
    if (!isCurrent && frame.kind !== Kind.answer) return void counts.late++
    const now = pending.now()
    const node = isCurrent ? request.node : null
    try {
      const header = readAnswer(frame)
      if (frame.kind === Kind.progress) return this.#progress(request, frame, now)
      const failure = frame.kind === Kind.failure ? openFailure(frame.body, node?.id ?? '') : undefined
      if (failure !== undefined && isOfOthers(failure, request.setup.frame)) return void counts.bad++
      node?.answers(request, header, now)
      if (isCurrent) request.node = null
      if (header.state !== undefined) this.ports.reads.saw(header.state, request.setup.state)
      if (frame.kind === Kind.answer) return outcomes.settle(request, null, this.ports.bodies().read(frame.body))
      if (failure === undefined) throw unknownKind(frame.kind)
      const told = failure.error
      const error = told.code === 'ERR_GENPOOL_EXPIRED' ? failures.expiredThere(request, told, now) : told
      request.leaves()
      if (node !== null && attemptOf(error) === 'not-run') request.refused(node.id)
      retries.failed(request, attemptOf(error), error, now)
    } catch (error) {
      counts.bad++
      outcomes.settle(request, failures.badAnswer(node?.id ?? '', error))
    }
  }

  /**
   * Its node did not take it: it had connected again, and what was sent there before may be lost, and is sent first; or it is paused, and
   * gives it back.
   */
  notTaken(id: string): void {
    const { pending, counts, delivery, keys, casts } = this.ports
    const request = pending.get(id)
    if (request === undefined) return casts.cameTooEarly(id)
    const { node, key } = request
    if (node === null || request.attemptId !== id) return
    // Another copy may have run. It is sent again when the node has caught up.
    if (--request.copies > 0) return
    this.#comesBack(request, node)
    if (key === null) {
      // It was no work for anybody: it goes to another node, whatever the budget for retries.
      counts.retries++
      return delivery.send(request, pending.now())
    }
    delivery.wait(request)
    // What was sent after it came there after it, and was not taken either: so nothing of it may be sent again before this.
    if (!keys.isInFlight(key)) return
    const later = pending.of(node).filter((each) => each.key === key && each.order > request.order && !each.isRepeated)
    for (const each of later) {
      this.#comesBack(each, node)
      delivery.wait(each)
    }
  }

  #comesBack(request: RemoteRequest, node: Node): void {
    node.loses(request)
    request.returned(node.id)
    request.leaves()
  }

  /** Nobody listened: it certainly did not run there, unless it was sent more than once, and not all copies have come back. */
  nobody(id: string): void {
    const { pending, roster, retries, delivery, casts } = this.ports
    const now = pending.now()
    const request = pending.get(id)
    const node = request?.node ?? null
    if (request === undefined || node === null || request.attemptId !== id) return casts.reachedNobody(id, now)
    roster.tookNothing(node.id, now)
    // Another copy may be there: whether the node is gone is decided by how long it stays away.
    if (--request.copies > 0) return
    node.loses(request)
    request.leaves()
    request.refused(node.id)
    if (delivery.hasNodeFor(request, now)) return retries.unreached(request, now)
    request.refusedBy = null
    delivery.wait(request)
  }

  /** Bytes came that are no frame of ours. */
  bad(id: string | undefined, error: unknown): void {
    const { pending, counts, failures, outcomes } = this.ports
    counts.bad++
    const request = id === undefined ? undefined : pending.get(id)
    if (request !== undefined && request.attemptId === id)
      outcomes.giveUp(request, failures.badAnswer(request.node?.id ?? '', error))
  }

  #progress(request: RemoteRequest, { body }: Frame, now: Nanos): void {
    const value = this.ports.bodies().read(body)
    request.node?.alive.heard(now)
    callSafely(
      () => request.setup.onProgress?.(value),
      (error) => warnOfCallback('pool', this.ports.name, error),
    )
  }

  /** An answer to a cast is a refusal. Anything else came too late. */
  #lateOrCast(id: string, frame: Frame): void {
    const { casts, counts } = this.ports
    try {
      const errorOf = (node: string, sent: Uint8Array): GenPoolError | undefined => {
        const failure = openFailure(frame.body, node)
        return isOfOthers(failure, sent) ? undefined : failure.error
      }
      const wasRefused = frame.kind === Kind.failure && casts.wasRefused(id, errorOf)
      if (!wasRefused) counts.late++
    } catch {
      counts.bad++
    }
  }
}

/** Whether a node could not read what somebody else has sent with the address of this request. Its own outcome still comes. */
function isOfOthers({ unread }: ReadFailure, sent: Uint8Array): boolean {
  return unread !== undefined && unread !== printOf(sent)
}
