import { type Nanos, NS_PER_MS, WakeTimer } from '@genpool/runtime'
import type { Msg } from '@nats-io/transport-node'
import { CancelledPulls } from './cancelled-pulls'
import { HandOver } from './hand-over'
import { PullInbox } from './pull-inbox'
import { Pulls } from './pulls'
import type { Queue } from './queue'

/** How often a pool whose members others keep busy is looked at. */
const LOOK_MS = 25

/** A cast that comes again later than that is none for which requests are forgotten at once. */
const SOON_BACK_MS = 1000
/** The server may need so long. */
const WAY_MS = 500

/** What it needs of a consumer. */
interface DemandPorts {
  /** How many more casts could begin now. */
  room(): number
  /** Whether casts are to come at all. */
  isOver(): boolean
  /** Whether the server can be asked now. */
  mayAsk(): boolean
  /** Whether the server is connected. */
  isUsable(): boolean
  message(message: Msg): void
  /** The server says that its consumers or their stream are gone. */
  deleted(): void
  /** The server takes no such requests: somebody has edited a consumer. */
  refused(): void
  /** Answers that must have come are missing. */
  silent(): void
}

/** Asks the server for as many casts as there is room for, and no longer than there is. */
export class Demand {
  readonly #pulls: Pulls
  readonly #inbox: PullInbox
  readonly #cancelled: CancelledPulls
  readonly #wake: WakeTimer
  readonly #handOver = new HandOver()
  #planned = false
  /** Until then a cast may come that was given back here. */
  #backUntil: Nanos = -Infinity

  constructor(
    private readonly queue: Queue,
    private readonly ports: DemandPorts,
  ) {
    const { clock, connection, names, options } = queue
    this.#pulls = new Pulls(options.lanes)
    this.#inbox = new PullInbox(connection, names, names.consumers, {
      message: (message) => ports.message(message),
      ended: (lane, left) => this.#ended(lane, left),
      deleted: () => ports.deleted(),
      refused: () => ports.refused(),
    })
    this.#cancelled = new CancelledPulls(clock, async () => {
      if (ports.isUsable()) await queue.lookAtRequests()
    })
    this.#wake = new WakeTimer(clock, () => this.#plan())
  }

  /** How many casts are asked for. */
  get open(): number {
    return this.#pulls.open
  }

  /** Whether a subject is one where what was asked for comes. */
  isOwn(subject: string): boolean {
    return this.#inbox.isOwn(subject)
  }

  /** Looks soon how many to ask for. */
  look(): void {
    if (this.#planned || this.ports.isOver()) return
    this.#planned = true
    this.queue.clock.defer(() => {
      this.#planned = false
      this.#plan()
    })
  }

  /** A cast of a lane has come. */
  got(lane: number): void {
    this.#pulls.got(lane, this.queue.clock.now())
  }

  /** A cast of a lane is no longer in hand here. */
  finished(lane: number): void {
    this.#pulls.finished(lane)
    this.look()
  }

  /** Does not ask for a lane of keys for so long: others are to have it. */
  leave(lane: number, ms: number): void {
    this.#pulls.leave(lane, this.queue.clock.now() + ms * NS_PER_MS)
  }

  /** A cast without a key was given back that was offered so many times: others are to have it. */
  leavePlain(times: number): void {
    if (this.#handOver.gaveBack(times, this.queue.time.now())) void this.withdraw()
    this.look()
  }

  /** A cast comes again, after so long. */
  comesAgain(delayMs: number): void {
    const { clock } = this.queue
    this.#backUntil = Math.max(this.#backUntil, clock.now() + (Math.min(delayMs, SOON_BACK_MS) + WAY_MS) * NS_PER_MS)
  }

  /** Ends all requests. What is on its way still comes before it resolves. */
  withdraw(): Promise<void> {
    this.#pulls.reset()
    return this.#cancel()
  }

  /** Resolves when the server has forgotten what was cancelled; null if it has. */
  forgotten(): Promise<void> | null {
    return this.#cancelled.forgotten()
  }

  /** The same when other consumers may stop, too. */
  allForgotten(): Promise<void> | null {
    this.#cancelled.add()
    return this.forgotten()
  }

  end(): void {
    this.#wake.cancel()
    this.#cancelled.end()
  }

  #ended(lane: number, left: number): void {
    this.#pulls.ended(lane, left, this.queue.clock.now())
    this.look()
  }

  #cancel(): Promise<void> {
    const gone = this.#inbox.cancel()
    this.#cancelled.add()
    // The server must not take it for one of the requests that nobody hears.
    if (this.queue.clock.now() <= this.#backUntil) void this.forgotten()
    return gone
  }

  #plan(): void {
    if (this.ports.isOver() || !this.ports.mayAsk()) return
    const now = this.queue.clock.now()
    const room = this.ports.room()
    const { cancel, pulls, silent, wakeAt } = this.#pulls.plan(room, now, this.#handOver.turn(this.queue.time.now()))
    if (cancel) void this.#cancel()
    for (const pull of pulls) this.#inbox.ask(pull)
    if (silent) return this.ports.silent()
    // Others may have work in the pool: nobody tells when that ends.
    const looksAt = room <= 0 ? now + LOOK_MS * NS_PER_MS : Infinity
    this.#wake.wakeAt(Math.min(wakeAt, looksAt), true)
  }
}
