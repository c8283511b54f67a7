import { type HereRef, load, onEvent, type PoolRef, StoppedError, UnreachableError } from '@genpool/core'
import { haltedOf, legible, unbegunSignals, watchHalts, watchRuns } from '@genpool/core/elsewhere'
import { type Change, changesBetween, NS_PER_MS, parseOptions, plainOptions, withChanges } from '@genpool/runtime'
import type { Service as FrameworkService } from '@nats-io/services'
import type { NatsConnection } from '@nats-io/transport-node'
import { CLOSED_HERE, flushed, Link, orClosed, wasRead } from '../link'
import type { Said } from '../nodes/said'
import { within } from '../pause'
import { StopTime } from '../stop-time'
import { Subjects } from '../subjects'
import { bodiesOf } from '../wire/codec'
import { Kind, plainFrame } from '../wire/frames'
import { answerUntilGone, type Question, subscribe } from './addresses'
import { Announcer } from './announcer'
import { Arrival } from './arrival'
import { Endpoint } from './endpoint'
import { Mute } from './mute'
import { NodeRefusals } from './node-refusals'
import { SelfReport } from './self-report'
import { SharedState } from './shared-state'
import type { ServiceFigures } from './service-figures'
import { type CheckedServeOptions, type ServeChanges, serveOptions } from './serve-options'

/** How long telling the clients may take, in milliseconds. */
const FLUSH_MS = 2000

/** One node: a pool of this process, as a service on NATS. */
export class ServedPool {
  readonly id: string
  /** Resolves when it has left: with the error if NATS refused a subscription, otherwise with null. */
  readonly stopped: Promise<Error | null>
  readonly #subjects: Subjects
  readonly #link: Link
  readonly #arrival: Arrival
  readonly #endpoint: Endpoint
  readonly #announcer: Announcer
  readonly #off: () => void
  readonly #unwatch: readonly (() => void)[]
  readonly #report: SelfReport
  readonly #mute: Mute
  readonly #refusals: NodeRefusals
  #connections = 0
  /** How often it has given messages of keys back. */
  #returns = 0
  #isPaused: boolean
  #leaving = false
  #stopping: Promise<void> | null = null
  #hasLeft!: (error: Error | null) => void
  /** It answers questions no more. */
  #lastAnswers = (): void => undefined

  constructor(
    private readonly pool: PoolRef,
    private readonly service: FrameworkService,
    connection: NatsConnection,
    private options: CheckedServeOptions,
  ) {
    const { prefix, name } = options
    this.stopped = new Promise((resolve) => (this.#hasLeft = resolve))
    this.id = service.info().id
    this.#report = new SelfReport(this.id, pool, options.clock)
    this.#subjects = new Subjects(prefix, name)
    this.#link = new Link(connection, {
      lost: () => undefined,
      back: () => this.#back(),
      refused: (error, subject, what) => this.#refusals.refused(error, subject, what),
      closed: () => this.#release(),
    })
    this.#arrival = new Arrival(this.#link, this.stopped)
    this.#refusals = this.#makeRefusals()
    this.#mute = this.#makeMute()
    this.#endpoint = this.#makeEndpoint()
    this.#announcer = this.#makeAnnouncer()
    this.#isPaused = haltedOf(pool) === 'paused'
    this.#off = onEvent('genpool:pool:stop', () => void this.stop(0), { pool })
    this.#unwatch = [
      watchRuns(pool, (message, ns) => this.#report.ran(message, ns)),
      watchHalts(pool, () => this.#haltsChanged()),
    ]
    // The framework ends a service when one of its subscriptions is refused.
    void service.stopped.then((error) => {
      if (this.#stopping === null) this.#release(error)
    })
    this.#listen()
  }

  /**
   * Resolves when NATS has the subscriptions, and clients can know of this node. Without a connection it waits for the next one.
   *
   * @throws what NATS says if it refuses one; {StoppedError} if the pool stops before, {UnreachableError} if the connection closes
   */
  async start(): Promise<void> {
    // It may have stopped before this one listened.
    if (load(this.pool).phase === 'stopped') void this.stop(0)
    await this.#accepted()
    this.#announcer.announce()
    // Whether it may tell clients of itself is known only now.
    await this.#accepted()
    this.#refusals.served()
  }

  /** Resolves when NATS has read all that was sent. @throws what `start` throws */
  async #accepted(): Promise<void> {
    const { connection } = this.#link
    await this.#arrival.reached(() => this.#leaving || connection.isClosed())
    if (this.service.isStopped && this.#stopping === null) throw (await this.stopped) ?? this.#closed()
    if (connection.isClosed()) throw this.#closed()
    if (this.#leaving) throw new StoppedError(this.options.name, false)
    if (this.#refusals.barred !== null) throw this.#refusals.barred
  }

  #closed(): UnreachableError {
    return new UnreachableError(this.options.name, false, { says: CLOSED_HERE })
  }

  get figures(): ServiceFigures {
    const answer = legible(this.#endpoint.took.percentiles(this.options.clock.now()))
    const requests = { ...this.#endpoint.counts, ignored: this.#mute.ignored }
    return { ...this.#said(), answer, refusal: this.#refusals.text, requests }
  }

  configure(changes: ServeChanges): readonly Change[] {
    const merged = withChanges(this.options, plainOptions(serveOptions, changes))
    const next = parseOptions(serveOptions, merged, `options of service "${this.options.name}"`)
    const { name, prefix, clock, release } = this.options
    const fixed = { name, prefix, clock, release }
    const changed = changesBetween(this.options, { ...next, ...fixed })
    this.options = { ...next, ...fixed }
    this.#announcer.announce()
    return changed
  }

  /** Says that it leaves, takes nothing new, finishes what it has, and leaves. Calling it again returns the same promise. */
  stop(withinMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(withinMs))
  }

  async #stop(withinMs: number, error: Error | null = null): Promise<void> {
    this.#leaving = true
    const { connection } = this.#link
    const { clock } = this.options
    const begunAt = clock.now()
    const time = new StopTime(connection, clock, withinMs)
    // One time for all of it: without a connection, the framework waits for the next one.
    const leftMs = (): number => Math.max(0, withinMs - (clock.now() - begunAt) / NS_PER_MS)
    if (!connection.isClosed()) {
      if (this.#link.usable) {
        this.#announcer.announce()
        // Clients that know it now choose others; what they have sent before arrives before the subscriptions end.
        await within(clock, FLUSH_MS, time.for(flushed(connection)))
      }
      this.#lastAnswers = answerUntilGone(connection, this.#subjects.askOf(this.id), (question) =>
        this.#answer(question),
      )
      await within(clock, leftMs(), orClosed(connection, this.service.stop()))
      await within(clock, leftMs(), this.#endpoint.idle())
      if (this.#link.usable) await within(clock, FLUSH_MS, time.for(flushed(connection)))
    }
    time.end()
    this.#release(error)
  }

  #release(error: Error | null = null): void {
    this.#leaving = true
    this.#announcer.end()
    this.#lastAnswers()
    this.#link.end()
    this.#off()
    for (const unwatch of this.#unwatch) unwatch()
    this.#hasLeft(error)
  }

  #listen(): void {
    subscribe(this.service, this.#subjects, {
      id: this.id,
      request: (message) => {
        if (this.#mute.has(message.reply ?? '')) this.#mute.ignored++
        else this.#endpoint.receive(message)
      },
      question: (message) => {
        if (!this.#leaving) this.#answer(message)
      },
    })
  }

  #answer(question: Question): void {
    question.respond(plainFrame(Kind.load, this.#said()))
    this.#mute.said(question.reply ?? '')
  }

  /** Clients hear of a pause at once. What they have sent meanwhile, and what waits, goes back to them. */
  #haltsChanged(): void {
    const isPaused = haltedOf(this.pool) === 'paused'
    if (isPaused === this.#isPaused) return this.#announcer.changed()
    this.#isPaused = isPaused
    this.#announcer.announce()
    if (isPaused) this.#endpoint.giveBack()
  }

  get #epoch(): number {
    return this.#connections + this.#returns
  }

  /** Connected again. Answers may have been lost: clients ask for those that they wait for. */
  #back(): void {
    this.#arrival.back()
    this.#mute.forget()
    this.#refusals.forget()
    this.#connections++
    this.#announcer.announce()
  }

  #said(): Said {
    return this.#report.said({
      settings: this.options,
      running: this.#endpoint.running,
      epoch: this.#epoch,
      returns: this.#returns,
      isLeaving: this.#leaving,
      muteFor: this.#mute.inboxes,
    })
  }

  #publish(subject: string, frame: Uint8Array): void {
    try {
      this.#link.connection.publish(subject, frame)
    } catch {
      // The connection is closed, or drains: nobody can be told.
    }
  }

  #makeEndpoint(): Endpoint {
    const options = (): CheckedServeOptions => this.options
    const link = this.#link
    return new Endpoint({
      pool: this.pool,
      name: this.options.name,
      node: this.id,
      state: SharedState.of(this.pool as HereRef, this.options.clock),
      clock: this.options.clock,
      get settings() {
        return options()
      },
      get bodies() {
        return bodiesOf(options().codec)
      },
      get maxPayload() {
        return link.maxPayload
      },
      epoch: () => this.#epoch,
      isPaused: () => this.#isPaused,
      unbegun: () => unbegunSignals(this.pool),
      gaveKeyBack: () => void this.#returns++,
      said: () => plainFrame(Kind.load, this.#said()),
      publish: (subject, frame) => this.#publish(subject, frame),
      changed: () => this.#announcer.changed(),
    })
  }

  #makeRefusals(): NodeRefusals {
    return new NodeRefusals({
      id: this.id,
      name: this.options.name,
      subjects: this.#subjects,
      unanswered: (subject, error) => this.#mute.refused(subject, error),
      isLeaving: () => this.#stopping !== null,
      leave: (error) => (this.#stopping = this.#stop(Infinity, error)),
    })
  }

  #makeMute(): Mute {
    const { clock } = this.options
    return new Mute({
      wasRead: () => wasRead(this.#link, clock),
      stateOf: (subject) => this.#endpoint.stateOf(subject),
      refused: (error, isMute) =>
        this.#refusals.warn(isMute ? 'cannot answer callers' : 'cannot send all answers', error, isMute),
      lost: () => this.#announcer.soon(),
      changed: () => {
        if (this.#mute.inboxes.length === 0) this.#refusals.over()
        this.#announcer.announce()
      },
    })
  }

  #makeAnnouncer(): Announcer {
    const options = (): CheckedServeOptions => this.options
    return new Announcer({
      clock: this.options.clock,
      said: () => this.#said(),
      publish: (said) => {
        if (!this.#link.usable) return
        this.#publish(this.#subjects.load, plainFrame(Kind.load, { ...said, lost: this.#mute.takeLost() }))
      },
      wasAway: () => this.#endpoint.hold(),
      get rhythm() {
        return options()
      },
    })
  }
}
