import { type CallOptions, type CastOptions, type CastResult, type GenPoolError } from '@genpool/core'
import { callSafely, type Nanos, RetryBudget, warnOfCallback } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Attempt, attemptOf, mayTryAgain } from '../calls/retry-rule'
import { Link } from '../link'
import { rulesOf } from '../nodes/aliveness'
import type { Node } from '../nodes/node'
import type { Said } from '../nodes/said'
import { Subjects } from '../subjects'
import { type Bodies, bodiesOf } from '../wire/codec'
import { readFailure } from '../wire/failures'
import { cancelFrame, type Frame, Kind, readAnswer, setBudget } from '../wire/frames'
import { Casts } from './casts'
import { RemoteFailures, wasSent } from './failures'
import { Finder } from './finder'
import { Inbox } from './inbox'
import { RemoteCounts } from './inspect-remote'
import { NodeWatch } from './node-watch'
import { Pending } from './pending'
import type { CheckedRemoteOptions } from './remote-options'
import { Questions } from './questions'
import { Readiness } from './readiness'
import { RemoteRequest } from './remote-request'
import { Roster } from './roster'
import { prepare, type Prepared } from './prepare'

/** The requests of one client to a remote pool: sends each to a node, and settles it exactly once. */
export class Requests {
  readonly name: string
  readonly counts = new RemoteCounts()
  readonly roster: Roster
  readonly pending: Pending
  /** Requests that wait here: for a connection, or for a node. */
  readonly waiting = new Set<RemoteRequest>()
  readonly #failures: RemoteFailures
  readonly #subjects: Subjects
  readonly #inbox: Inbox
  readonly #link: Link
  readonly #finder: Finder
  readonly #budget = new RetryBudget()
  readonly #casts: Casts
  readonly #watched: NodeWatch
  readonly #questions = new Questions()
  readonly #readiness = new Readiness()
  #bodies: Bodies
  #refusal: Error | undefined
  #stopped = false

  constructor(
    connection: NatsConnection,
    public options: CheckedRemoteOptions,
  ) {
    this.name = options.name
    this.#failures = new RemoteFailures(options.name)
    this.#subjects = new Subjects(options.prefix, options.name)
    this.#bodies = bodiesOf(options.codec)
    this.pending = new Pending(options.clock, (request) => this.#expired(request))
    this.roster = new Roster(
      rulesOf(() => this.options),
      {
        probe: (node) => this.#probe(node),
        lost: (node) => this.#lost(node),
        reconnected: (node) => this.#sendAllAgain(this.pending.of(node)),
      },
    )
    this.#casts = new Casts(this.#castPorts())
    this.#watched = new NodeWatch(this.#watchPorts())
    this.#finder = new Finder(this.#finderPorts())
    this.#link = new Link(connection, {
      lost: () => undefined,
      back: () => this.#back(),
      refused: (error, subject) => {
        if (this.#subjects.has(subject)) this.#refused(error)
      },
      closed: () => this.#closed(),
    })
    this.#inbox = new Inbox(connection, this.#subjects, {
      frame: (id, frame) => this.#received(id, frame),
      nobody: (id) => this.#nobody(id),
      said: (said, asked) => this.#said(said, asked),
      absent: (node) => this.#absent(node),
      bad: (id, error) => this.#bad(id, error),
      refused: (error) => this.#refused(error),
    })
    if (this.#link.usable) this.#finder.find()
  }

  get connected(): boolean {
    return this.#link.usable
  }

  /** Resolves when a node is known. Rejects when none can be any more. */
  ready(): Promise<void> {
    const end = this.#endOf()
    if (end !== undefined) return Promise.reject(end)
    if (this.roster.nodes.length > 0) return Promise.resolve()
    this.#finder.find()
    return this.#readiness.wait()
  }

  configure(options: CheckedRemoteOptions): void {
    this.options = options
    this.#bodies = bodiesOf(options.codec)
  }

  /** Its address has stopped. */
  stop(): void {
    this.#stopped = true
    for (const request of this.pending.all()) this.#giveUp(request, this.#failures.stopped(request))
    this.#nothingWaits(this.#failures.stopped(null))
    this.#finder.end()
    this.#watched.end()
    this.#link.end()
    this.#inbox.end()
  }

  // --- out ---

  /** Sends a message that is answered. The promise always settles. */
  ask(kind: Prepared['kind'], message: unknown, options: CallOptions): Promise<unknown> {
    const now = this.#now()
    const refusal = this.#refusalOf()
    const prepared = refusal ?? prepare(kind, message, options, this.#preparing(now))
    if (!('frame' in prepared)) return Promise.reject(prepared)
    const { signal } = options
    this.counts.calls++
    this.#budget.saw(this.counts.calls + this.counts.retries, now)
    return new Promise((resolve, reject) => {
      const request = new RemoteRequest(this.#inbox.nextId(), prepared, now, resolve, reject)
      if (signal?.aborted === true) return reject(this.#failures.cancelled(request, signal.reason))
      if (signal !== undefined)
        request.watch(signal, () => this.#giveUp(request, this.#failures.cancelled(request, signal.reason)))
      this.pending.add(request)
      this.#watched.arm(now)
      this.#send(request, now)
    })
  }

  /** Sends a message without an answer. */
  cast(message: unknown, options: CastOptions): CastResult {
    const now = this.#now()
    const refusal = this.#refusalOf()
    const prepared = refusal ?? prepare('cast', message, options, this.#preparing(now))
    if (!('frame' in prepared)) return { ok: false, error: prepared }
    this.counts.casts++
    this.#casts.send({ frame: prepared.frame, node: '', key: prepared.key, tries: 0 }, now)
    return { ok: true }
  }

  /** Why it can send nothing any more; undefined while it can. */
  #endOf(): GenPoolError | undefined {
    if (this.#stopped) return this.#failures.stopped(null)
    if (this.#refusal !== undefined) return this.#failures.closed(false, this.#refusal)
    return this.#link.connection.isClosed() ? this.#failures.closed(false) : undefined
  }

  #nothingWaits(error: GenPoolError): void {
    this.#readiness.ends(error)
    this.#casts.dropWaiting()
  }

  #refusalOf(): GenPoolError | undefined {
    const end = this.#endOf()
    if (end !== undefined) return end
    const { maxInFlight } = this.options
    const inFlight = this.pending.size + this.#casts.waiting
    if (inFlight < maxInFlight) return undefined
    this.counts.full++
    return this.#failures.full(inFlight, maxInFlight)
  }

  #preparing(now: Nanos): Parameters<typeof prepare>[3] {
    const { options } = this
    const max = Math.min(options.maxBytes, this.#link.maxPayload)
    return { options, bodies: this.#bodies, failures: this.#failures, max, now }
  }

  #send(request: RemoteRequest, now: Nanos): void {
    const node = this.#link.usable ? this.#nodeFor(request.setup.key, request.refusedBy, now) : undefined
    if (node === undefined) {
      this.waiting.add(request)
      if (this.#link.usable) this.#finder.find()
      return
    }
    this.#sendTo(node, request, now)
  }

  #sendTo(node: Node, request: RemoteRequest, now: Nanos): void {
    const { setup, firstSentAt } = request
    const isFirst = firstSentAt === null
    const frame = isFirst ? setup.frame : request.renewed(now, false)
    const leftMs = request.leftMs(now)
    setBudget(frame, leftMs - node.marginMs(leftMs))
    request.node = node
    request.sentAt = now
    request.firstSentAt ??= now
    request.isRepeated = false
    node.sends(now)
    this.#publish(request, () => this.#inbox.send(this.#subjects.callOf(node.id), frame, request.id, setup.headers))
  }

  #nodeFor(key: string | null, except: ReadonlySet<string> | null, now: Nanos): Node | undefined {
    return key === null ? this.roster.choose(now, this.options.random, except) : this.roster.ofKey(key, except)
  }

  #publish(request: RemoteRequest, send: () => void): void {
    try {
      send()
    } catch (error) {
      // The connection is closed, or drains.
      this.#settle(request, this.#failures.closed(request.mayHaveRun, error))
    }
  }

  // --- in ---

  #received(id: string, frame: Frame): void {
    const request = this.pending.get(id)
    if (request === undefined) return this.#lateOrCast(id, frame)
    const now = this.#now()
    const { node } = request
    try {
      const { inHand } = readAnswer(frame)
      if (frame.kind === Kind.progress) return this.#progress(request, frame, now)
      node?.answers(request.sentAt, inHand, now)
      request.node = null
      if (frame.kind === Kind.answer) return this.#settle(request, null, this.#bodies.read(frame.body))
      if (frame.kind !== Kind.failure) throw new Error(`the kind of frame ${frame.kind} is not known`)
      const error = readFailure(frame.body, node?.id ?? '')
      if (node !== null && attemptOf(error) === 'not-run') request.refused(node.id)
      this.#failed(request, attemptOf(error), error, now)
    } catch (error) {
      this.counts.bad++
      this.#settle(request, this.#failures.badAnswer(node?.id ?? '', error))
    }
  }

  #progress(request: RemoteRequest, { body }: Frame, now: Nanos): void {
    const value = this.#bodies.read(body)
    request.node?.alive.heard(now)
    callSafely(
      () => request.setup.onProgress?.(value),
      (error) => warnOfCallback('pool', this.name, error),
    )
  }

  /** An answer to a cast is a refusal. Anything else came too late. */
  #lateOrCast(id: string, frame: Frame): void {
    if (frame.kind !== Kind.failure || !this.#casts.wasRefused(id)) this.counts.late++
  }

  /** Nobody listened: it certainly did not run there, unless it was sent there before. */
  #nobody(id: string): void {
    const now = this.#now()
    const request = this.pending.get(id)
    const node = request?.node ?? null
    if (request === undefined || node === null) return this.#casts.reachedNobody(id, now)
    this.roster.missing(node, now)
    // It was there before: whether it is gone is decided by how long it stays away.
    if (request.isRepeated) return
    node.loses()
    request.node = null
    request.refused(node.id)
    if (this.#nodeFor(request.setup.key, request.refusedBy, now) !== undefined) {
      return this.#failed(request, 'not-run', this.#failures.absent(node.id, request.mayHaveRun), now)
    }
    request.refusedBy = null
    this.waiting.add(request)
    this.#finder.find()
  }

  #said(said: Said, asked: boolean): void {
    const now = this.#now()
    const found = this.roster.says(said, now)
    if (found === undefined) return
    const askedAt = asked ? this.#questions.echoed(said.id) : undefined
    if (askedAt !== undefined) found.node.echoes(askedAt, this.options.clock.now())
    this.#finder.answered()
  }

  #absent(id: string | undefined): void {
    const now = this.#now()
    if (id === undefined) return this.#finder.unanswered()
    this.#questions.forget(id)
    this.roster.missingId(id, now)
  }

  #bad(id: string | undefined, error: unknown): void {
    this.counts.bad++
    const request = id === undefined ? undefined : this.pending.get(id)
    if (request !== undefined) this.#giveUp(request, this.#failures.badAnswer(request.node?.id ?? '', error))
  }

  // --- outcomes ---

  /** An attempt failed: try it on another node, or tell the caller. */
  #failed(request: RemoteRequest, attempt: Attempt, error: GenPoolError, now: Nanos): void {
    const { key, idempotent } = request.setup
    // Messages of a key stay with its node while it is there: another one could run a later message first.
    const isBound = key !== null && error.code === 'ERR_GENPOOL_DROPPED'
    const hasOther = !isBound && this.#nodeFor(key, request.refusedBy, now) !== undefined
    const mayTry = mayTryAgain({ attempt, idempotent, leftMs: request.leftMs(now), hasOther })
    if (mayTry && this.#budget.take(this.counts.calls + this.counts.retries, now)) {
      this.counts.retries++
      return this.#send(request, now)
    }
    if (mayTry) this.counts.overBudget++
    const isUncertain = request.mayHaveRun && attempt === 'not-run'
    this.#settle(request, isUncertain ? this.#failures.uncertain(error) : error)
  }

  #settle(request: RemoteRequest, error: Error | null, value?: unknown): void {
    if (request.settled) return
    request.settled = true
    request.unwatch?.()
    this.pending.remove(request)
    this.waiting.delete(request)
    if (request.node !== null) {
      request.node.loses()
      request.node = null
    }
    if (error === null) {
      this.counts.answered++
      request.resolve(value)
    } else {
      this.counts.failed(error)
      request.reject(error)
    }
  }

  /** Its caller no longer waits: the node is told, too. */
  #giveUp(request: RemoteRequest, error: Error): void {
    if (request.settled) return
    const { node } = request
    this.#settle(request, error)
    if (node === null || !this.#link.usable) return
    try {
      this.#link.connection.publish(this.#subjects.callOf(node.id), cancelFrame(this.#inbox.replyOf(request.id)))
    } catch {
      // The connection drains: the node finds out by the budget.
    }
  }

  #expired(request: RemoteRequest): void {
    this.#giveUp(request, this.#failures.expired(request, this.options.clock.now()))
  }

  // --- nodes and the connection ---

  #probe(node: Node): void {
    if (!this.#link.usable) return
    this.#questions.asked(node.id, this.options.clock.now())
    this.#quietly(() => this.#inbox.askNode(node.id))
  }

  /** A node is given up: what it had may have run. */
  #lost(node: Node): void {
    this.counts.lostNodes++
    const now = this.#now()
    this.#questions.forget(node.id)
    for (const request of this.pending.of(node)) {
      request.node = null
      request.mayHaveRun = true
      request.refused(node.id)
      this.#failed(request, 'may-have-run', this.#failures.lost(node.id), now)
    }
  }

  /** Connected again: answers may be lost, nodes may be others. */
  #back(): void {
    const now = this.options.clock.now()
    this.#refusal = undefined
    this.roster.connected(now)
    this.#sendAllAgain(this.pending.all().filter(({ node }) => node !== null))
    this.#finder.end()
    this.#finder.find()
  }

  /** Sends requests to their nodes again, as such: a node that has had one sends its answer again. */
  #sendAllAgain(requests: readonly RemoteRequest[]): void {
    if (!this.#link.usable) return
    const now = this.options.clock.now()
    for (const request of requests) {
      const { node, setup } = request
      if (node === null) continue
      request.isRepeated = true
      const frame = request.renewed(now, true)
      this.#publish(request, () => this.#inbox.send(this.#subjects.callOf(node.id), frame, request.id, setup.headers))
    }
  }

  /** The account lacks a permission: nothing works until it connects again with another one. */
  #refused(error: Error): void {
    this.#refusal ??= error
    for (const request of this.pending.all()) this.#settle(request, this.#failures.closed(wasSent(request), error))
    this.#nothingWaits(this.#failures.closed(false, error))
    this.#finder.end()
  }

  #closed(): void {
    for (const request of this.pending.all()) this.#settle(request, this.#failures.closed(wasSent(request)))
    this.#nothingWaits(this.#failures.closed(false))
    this.#finder.end()
  }

  #sendWaiting(): void {
    this.#questions.gathered()
    this.#readiness.found()
    const now = this.#now()
    const requests = [...this.waiting]
    this.waiting.clear()
    for (const request of requests) this.#send(request, now)
    this.#casts.sendWaiting(now)
  }

  #nobodyServes(): void {
    for (const request of [...this.waiting]) this.#settle(request, this.#failures.nobody(request.mayHaveRun))
    this.#casts.dropWaiting()
  }

  #quietly(send: () => void): void {
    try {
      send()
    } catch {
      // The connection is closed, or drains.
    }
  }

  #now(): Nanos {
    return this.pending.now()
  }

  #finderPorts(): ConstructorParameters<typeof Finder>[0] {
    return {
      clock: this.options.clock,
      ask: () => {
        this.#questions.askedAll(this.options.clock.now())
        this.#quietly(() => this.#inbox.askAll())
      },
      isWanted: () => this.waiting.size > 0 || this.#casts.waiting > 0 || this.#readiness.waiting > 0,
      isPatient: () => this.roster.isPatient(this.options.clock.now()),
      found: () => this.#sendWaiting(),
      nobody: () => this.#nobodyServes(),
    }
  }

  #watchPorts(): ConstructorParameters<typeof NodeWatch>[0] {
    return {
      clock: this.options.clock,
      roster: this.roster,
      isConnected: () => this.connected,
      isNeeded: () => this.pending.size > 0 && !this.#stopped,
    }
  }

  #castPorts(): ConstructorParameters<typeof Casts>[0] {
    return {
      counts: this.counts,
      isConnected: () => this.connected,
      nextId: () => this.#inbox.nextId(),
      nodeFor: (key, except, now) => this.#nodeFor(key, except, now),
      missing: (node, now) => this.roster.missingId(node, now),
      find: () => this.#finder.find(),
      send: (node, frame, id) => this.#inbox.send(this.#subjects.callOf(node), frame, id),
    }
  }
}
