import { type Explanation, onEvent, type PoolRef, StoppedError } from '@genpool/core'
import { addSource, heldIn } from '@genpool/core/elsewhere'
import { NS_PER_MS } from '@genpool/runtime'
import type { Msg } from '@nats-io/transport-node'
import { CLOSED_FOR_GOOD, flushed, Link } from '../link'
import { StopTime } from '../stop-time'
import { Caretaker } from './caretaker'
import { ConsumerRoom } from './consumer-room'
import { Deliveries } from './deliveries'
import { Demand } from './demand'
import type { CheckedConsumeOptions } from './durable-options'
import { explainConsumer, findingsOf } from './explain-consumer'
import { ConsumerCounts, type ConsumerInspection } from './figures'
import { Heartbeat } from './heartbeat'
import { Incoming } from './incoming'
import { Later } from './later'
import { Mender } from './mender'
import type { Queue } from './queue'
import { QueueWatch } from './queue-watch'
import { Refusals } from './refusals'
import { UnknownTypes } from './unknown-types'

/** Servers may end the consumers of a stream a moment before they say that it is gone. */
const TOLD_MS = 250

/** Takes casts of a queue as members of a pool are idle, and gives them to the pool. */
export class JobConsumer {
  readonly stopped: Promise<Error | null>
  readonly #counts = new ConsumerCounts()
  readonly #demand: Demand
  readonly #later: Later
  readonly #deliveries: Deliveries
  readonly #link: Link
  readonly #off: () => void
  readonly #watch: QueueWatch
  readonly #beat: Heartbeat
  readonly #room: ConsumerRoom
  readonly #unknowns = new UnknownTypes()
  readonly #refusals: Refusals
  readonly #mender: Mender
  readonly #caretaker: Caretaker
  #lastFailure: ConsumerInspection['lastFailure'] = null
  #stopping: Promise<void> | null = null
  #end!: (error: Error | null) => void
  #ended = false

  constructor(
    readonly id: string,
    private readonly queue: Queue,
    private readonly pool: PoolRef,
    private readonly options: CheckedConsumeOptions,
  ) {
    const { clock } = queue
    this.stopped = new Promise((resolve) => (this.#end = resolve))
    this.#beat = new Heartbeat(clock, queue.options.ackWait, {
      beat: () => this.#renew(),
      lapsed: () => this.#lapsed(),
      caughtUp: () => flushed(queue.connection),
    })
    this.#room = new ConsumerRoom(clock, { pool, most: options.atMost ?? Infinity, inHand: () => this.#deliveries })
    this.#demand = new Demand(queue, {
      room: () => this.#room.look(),
      isOver: () => this.#stopping !== null,
      mayAsk: () => !this.#mender.isMending && !this.#refusals.holds && this.#link.usable,
      isUsable: () => this.#link.usable,
      message: (message) => this.#received(message),
      deleted: () => void this.#mender.mend(TOLD_MS),
      silent: () => {
        this.#counts.silent++
        void this.#mender.mend()
      },
    })
    this.#later = new Later({
      connection: queue.connection,
      clock,
      names: queue.names,
      publisher: queue.notes,
      aside: queue.aside,
      ackWaitMs: queue.options.ackWait,
      now: () => queue.time.now(),
      madeAt: () => queue.madeAt,
      saw: (storedAt) => queue.marks.saw(storedAt),
      bad: (incoming, error) => this.#deliveries.bury(incoming, 0, error),
      deleted: () => void this.#mender.mend(TOLD_MS),
    })
    this.#refusals = new Refusals(queue, {
      isInbox: (subject) => this.#demand.isOwn(subject),
      allowed: () => this.#demand.look(),
    })
    this.#deliveries = this.#makeDeliveries()
    this.#mender = new Mender({
      clock,
      isOver: () => this.#stopping !== null,
      forget: () => Promise.all([this.#demand.withdraw(), this.#later.cancel()]),
      ensure: () => queue.ensure(),
      troubleOf: (error) => queue.failures.troubleOf(error),
      mended: () => (this.#later.look(), this.#watch.again(), this.#demand.look()),
    })
    this.#link = new Link(queue.connection, {
      lost: () => undefined,
      back: () => (this.#refusals.forget(), void this.#mender.mend()),
      refused: (error, subject) => this.#refused(error, subject),
      closed: () => this.#release(new StoppedError(queue.name, false, new Error('its connection was closed'))),
    })
    this.#caretaker = new Caretaker({
      ...{ id, queue, pool, counts: this.#counts },
      isHere: (seq) => this.#deliveries.has(seq),
      failed: (job) => (this.#lastFailure = job),
    })
    this.#watch = new QueueWatch({
      clock,
      ask: async () => {
        const seen = await queue.tend(this.#caretaker.foreign)
        if (queue.lacksConsumers || queue.lacksStreams) void this.#mender.mend()
        return seen
      },
      heard: () => flushed(queue.connection),
      failed: () => undefined,
    })
    const away = addSource(this.pool, {
      inspect: () => this.inspect(),
      findings: () => findingsOf(this.inspect(), heldIn(this.pool)),
    })
    const deaf = onEvent('genpool:pool:stop', () => void this.stop(0), { pool: this.pool })
    const unheard = (): void => this.#watch.again()
    queue.notes.unheard.add(unheard)
    const refused = (): string | null => (this.#refusals.holds ? this.#refusals.trouble : null)
    queue.refusals.add(refused)
    this.#off = () => {
      queue.refusals.delete(refused)
      queue.notes.unheard.delete(unheard)
      away()
      deaf()
    }
  }

  start(): void {
    this.#beat.start()
    this.#later.look()
    this.#watch.look()
    this.#caretaker.start()
    this.#demand.look()
  }

  inspect(): ConsumerInspection {
    const now = this.queue.clock.now()
    return {
      queue: this.queue.name,
      id: this.id,
      connected: this.#link.usable,
      stopping: this.#stopping !== null,
      inHand: this.#deliveries.size,
      ...this.#room.figures,
      asked: this.#demand.open,
      oldestMs: this.#deliveries.oldestMs(now),
      mostStops: this.#deliveries.mostStops,
      alone: this.#deliveries.alone,
      lastFailure: this.#lastFailure,
      unknownTypes: this.#unknowns.counts(now),
      trouble: this.#trouble,
      cleared: this.queue.leftovers.deleted,
      server: this.#watch.figures,
      ...this.#counts,
    }
  }

  get #trouble(): string | null {
    const { connection, trouble } = this.queue
    if (connection.isClosed()) return CLOSED_FOR_GOOD
    const silence = this.#link.usable && this.#stopping === null ? this.#watch.silence : null
    return (
      silence ??
      this.#mender.trouble ??
      this.#refusals.trouble ??
      this.#caretaker.trouble ??
      this.#watch.trouble ??
      trouble
    )
  }

  explain(): Explanation {
    return explainConsumer(this.inspect(), heldIn(this.pool))
  }

  /** Takes no more, lets what runs end, and is gone. */
  stop(withinMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(withinMs))
  }

  async #stop(withinMs: number): Promise<void> {
    const { clock, connection } = this.queue
    const time = new StopTime(connection, clock, withinMs)
    const gone = Promise.all([this.#demand.withdraw(), this.#later.cancel()])
    if (withinMs !== Infinity) {
      const abort = (): void => this.#deliveries.abort()
      const timer = clock.setTimer(clock.now() + withinMs * NS_PER_MS, abort)
      void this.#deliveries.idle().then(() => timer.cancel())
    }
    if (this.#link.usable) await time.for(gone)
    // What comes back later, after its backoff, is for those who hear it.
    await time.for(this.#demand.forgotten())
    if (!connection.isClosed()) await time.for(this.#deliveries.idle())
    if (this.#link.usable) await time.for(this.queue.settle())
    time.end()
    this.#release(null)
  }

  #release(error: Error | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopping ??= Promise.resolve()
    this.#deliveries.abort()
    void this.#later.cancel()
    this.#demand.end()
    this.#caretaker.end()
    this.#beat.end()
    this.#link.end()
    this.#off()
    this.#watch.end()
    this.#end(error)
  }

  #received(message: Msg): void {
    const lane = this.queue.names.laneOf(message.subject)
    const incoming = Incoming.of(message)
    if (lane === undefined || incoming === null) return void this.#counts.strange++
    this.#demand.got(lane)
    // It may have waited in the socket while this process stood still, and be somebody else's now.
    if (this.#beat.look()) return void (this.#deliveries.letGo(incoming, lane), this.#demand.look())
    if (this.#room.takes() && this.#stopping === null) this.#deliveries.take(incoming, lane)
    else this.#deliveries.giveBack(incoming, lane)
    this.#demand.look()
  }

  #refused(error: Error, subject: string): void {
    this.#refusals.add(error, subject)
    if (this.#refusals.holds) void this.#demand.withdraw()
  }

  /** Says of what it has in hand that it is in work, and sees to what is held back. */
  #renew(): void {
    this.#deliveries.renew()
    if (this.#link.usable) this.#look()
    if (this.#stopping === null && this.#link.usable && !this.#mender.isMending) this.#later.look()
  }

  /** Looks at what the server says. */
  #look(): void {
    const { time, notes, jsm, marks, copies } = this.queue
    this.#watch.look()
    void this.#refusals.look()
    void time.refresh(notes, jsm)
    void marks.refresh()
    void copies.tidy()
    this.#caretaker.look()
    if (notes.isMissing) void this.#mender.mend()
  }

  /** This process stood still: what it has may be delivered to others. What has not committed must not any more. */
  #lapsed(): void {
    if (this.#deliveries.size === 0) return
    this.#counts.lapses++
    this.#deliveries.lapse()
  }

  #makeDeliveries(): Deliveries {
    const { queue, pool, options } = this
    const { name, clock, time, history, copies, marks, letters, bodies } = queue
    return new Deliveries({
      pool,
      queue: name,
      consumer: this.id,
      clock,
      history,
      copies,
      marks,
      letters,
      unknowns: this.#unknowns,
      refusals: this.#refusals,
      counts: this.#counts,
      rules: queue.options,
      timeoutMs: options.timeout,
      bodies,
      propagation: queue.options.propagation,
      isStopping: () => this.#stopping !== null,
      // Other consumers may stop at the same time.
      forgotten: () => (this.#stopping === null ? this.#demand.forgotten() : this.#demand.allForgotten()),
      comesAgain: (delayMs) => this.#demand.comesAgain(delayMs),
      ackWaitMs: this.queue.options.ackWait,
      serverNow: () => time.now(),
      mayTell: () => this.#link.usable || this.#stopping === null,
      leaveLane: (lane, ms) => this.#demand.leave(lane, ms),
      leavePlain: (times) => this.#demand.leavePlain(times),
      finished: (lane) => this.#demand.finished(lane),
      failed: (job) => (this.#lastFailure = job),
    })
  }
}
