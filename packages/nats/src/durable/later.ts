import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { type Clock, MinHeap, type Nanos, NS_PER_MS, type Scheduled, WakeTimer } from '@genpool/runtime'
import { type BadFrame } from '../wire/errors'
import { movedId } from './copies'
import { delayPlan, type ServerMs } from './delays'
import { isStreamFull } from './failures'
import { GivenBack } from './given-back'
import { Incoming } from './incoming'
import { type JobHeader, movedFrame, readJob } from './job-frame'
import type { QueueNames } from './names'
import type { Publisher } from './publisher'
import type { PutAside } from './put-aside'
import { PullInbox } from './pull-inbox'
import { STAY_MS } from './pulls'
import { Told } from './told'

/** The most casts that are asked for at once: about so many bytes of them, and before one has come. */
const MOST_ASKED = 512
const ASKED_BYTES = 4_000_000
const FIRST_ASKED = 64
/** A request that ended, or was refused, is made again after so long. */
const ASK_EVERY_MS = 500
/** Of what was asked for longer ago, the end was not heard. */
const LOST_MS = STAY_MS + 3000
/** How many are moved at once, and how many, of how many bytes, are kept until they are due. */
const MOST_MOVING = 256
const MOST_KEPT = 8192
const KEPT_BYTES = 8_000_000
/** What is due so soon is not given back. */
const MOMENT_MS = 200
/** One that could not be moved comes again after so long, and no other one is moved for so long. */
const AGAIN_MS = 5000
const REST_MS = 1000
/** As soon as that, if some could be moved since: what they leave makes room for the next ones. */
const SHORT_REST_MS = 50

/** What moving delayed casts needs. */
export interface LaterPorts {
  readonly connection: NatsConnection
  readonly clock: Clock
  readonly names: QueueNames
  readonly publisher: Pick<Publisher, 'store'>
  /** Moves what takes all room. */
  readonly aside: Pick<PutAside, 'put' | 'move'>
  /** For so long the server leaves a cast to the process to which it was delivered. */
  readonly ackWaitMs: number
  /** By the clock of the server. */
  now(): ServerMs
  /** When the stream of the queue was made, as the server said last. */
  madeAt(): string
  /** A cast came that was stored at this time. */
  saw(storedAt: number): void
  /** Its bytes are no cast. */
  bad(incoming: Incoming, error: BadFrame): void
  /** The server says that its consumer is gone. */
  deleted(): void
  /** The server takes no requests, or gives no bytes: somebody has edited its consumer. */
  strange(): void
}

/** A cast that is kept here until it is due, or can be moved. */
class Kept implements Scheduled {
  heapAt = 0
  heapIndex = -1

  constructor(
    readonly incoming: Incoming,
    readonly header: JobHeader,
    readonly body: Uint8Array,
    /** From then on the server may have delivered it to somebody else. */
    readonly oursUntil: ServerMs,
  ) {}
}

/**
 * Moves casts that were held back to where they run, when their time has come. Each consumer does so; the server delivers each cast to
 * one of them. Moved twice it is stored once while the server knows the id, which is the place in the stream. Later than that there may be
 * two copies: `Copies` knows which one runs.
 *
 * Each cast is taken from the server as soon as it is there, so that none waits behind others. One that is not due yet is given back,
 * with the time when it is to come again: shortly before it is due. Then it is kept here, and moved by a timer. If this process has
 * ended by then, the server delivers it to another one a moment later.
 */
export class Later {
  readonly #inbox: PullInbox
  readonly #told: Told
  readonly #back: GivenBack
  readonly #kept = new MinHeap<Kept>()
  readonly #wake: WakeTimer
  #count = 0
  #bytes = 0
  #moving = 0
  /** So many may be moved at once: few after a stream that was full, or most would be refused. */
  #most = MOST_MOVING
  /** Whether some were moved since the stream was full. */
  #hasMoved = false
  #open = 0
  #askedAt: Nanos = -Infinity
  /** Whether something has come since then. */
  #hasCome = false
  #restUntil: Nanos = -Infinity
  /** Of the largest casts of late. */
  #size = ASKED_BYTES / FIRST_ASKED
  /** When the stream was made. */
  #madeAt = ''
  /** Nothing is asked for. */
  #isOff = true

  constructor(private readonly ports: LaterPorts) {
    this.#told = new Told(ports)
    this.#back = new GivenBack(ports, this.#told)
    this.#wake = new WakeTimer(ports.clock, () => this.#run())
    this.#inbox = new PullInbox(ports.connection, ports.names, ['later'], {
      message: (message) => this.#received(message),
      ended: (_, left) => {
        this.#open = Math.max(0, this.#open - left)
        this.#run()
      },
      deleted: () => {
        this.#open = 0
        ports.deleted()
      },
      refused: () => ports.strange(),
    })
  }

  /** Sees to it that the server has a request. Called now and then. */
  look(): void {
    if (this.#isOff) this.#begin()
    void this.ports.aside.move()
    this.#run()
  }

  /** It begins, or goes on: a server may have been killed meanwhile. */
  #begin(): void {
    this.#isOff = false
    const { madeAt } = this.ports
    // What was said of the casts of another stream counts for nothing.
    if (madeAt() !== this.#madeAt) this.#told.forget()
    this.#madeAt = madeAt()
    this.#told.repeat()
  }

  /** The requests are gone, and what is kept here is given back. */
  async cancel(): Promise<void> {
    this.#isOff = true
    this.#open = 0
    this.#askedAt = -Infinity
    const gone = this.#inbox.cancel()
    this.#giveAllBack()
    await gone
    // What was on its way has come.
    this.#giveAllBack()
    this.#wake.cancel()
  }

  #giveAllBack(): void {
    const now = this.ports.now()
    for (let each = this.#kept.first; each !== undefined; each = this.#kept.first) {
      const dueAt = each.heapAt
      this.#drop(each)
      if (now < each.oursUntil) this.#told.again(each.incoming, dueAt)
    }
    this.#back.flush()
  }

  /** Does what is to be done now, and sees to it that it is called again. */
  #run(): void {
    this.#moveDue()
    if (!this.#isOff) this.#ask()
    // It is called when one is moved.
    if (this.#moving >= this.#most) return
    const { clock, now } = this.ports
    const dueAt = clock.now() + (this.#kept.least - now()) * NS_PER_MS
    const askAt = this.#isOff ? Infinity : this.#nextAskAt()
    this.#wake.wakeAt(Math.max(this.#restUntil, Math.min(dueAt, askAt)), false)
  }

  #nextAskAt(): Nanos {
    return this.#askedAt + (this.#open > 0 ? LOST_MS : ASK_EVERY_MS) * NS_PER_MS
  }

  #ask(): void {
    const now = this.ports.clock.now()
    if (now < this.#restUntil || this.#moving >= this.#most) return
    if (now - this.#askedAt > LOST_MS * NS_PER_MS) this.#open = 0
    const most = Math.max(1, Math.min(MOST_ASKED, Math.floor(ASKED_BYTES / this.#size)))
    const more = most - this.#open
    if (more * 2 < most) return
    // One that ended without a cast may have been refused.
    if (this.#open === 0 && now < this.#askedAt + ASK_EVERY_MS * NS_PER_MS && !this.#hasCome) return
    this.#hasCome = false
    this.#askedAt = now
    this.#open += more
    this.#inbox.ask({ lane: 0, batch: more, stays: true })
  }

  #received(message: Msg): void {
    const incoming = Incoming.of(message)
    if (incoming === null) return
    const { length } = incoming.data
    this.#hasCome = true
    this.#open = Math.max(0, this.#open - 1)
    this.#size = Math.max(length, this.#size * 0.95, 1)
    this.ports.saw(incoming.storedAt)
    try {
      if (incoming.isStripped) this.#giveBack(incoming)
      else this.#take(incoming)
    } catch (error) {
      this.ports.bad(incoming, error as BadFrame)
    }
    this.#run()
  }

  /** Its bytes come when its consumer is set back. */
  #giveBack(incoming: Incoming): void {
    this.ports.strange()
    this.#told.again(incoming, this.ports.now() + REST_MS)
  }

  #take(incoming: Incoming): void {
    const { header, body } = readJob(incoming.data)
    const now = this.ports.now()
    const dueAt = incoming.storedAt + (header.delayMs ?? 0)
    if (dueAt <= now + MOMENT_MS) return this.#keep(new Kept(incoming, header, body, now + this.ports.ackWaitMs), dueAt)
    const hasRoom = this.#count < MOST_KEPT && this.#bytes < KEPT_BYTES && !this.#isOff
    const { isKept, backAt } = delayPlan(dueAt, now, hasRoom)
    this.#back.add(incoming, backAt)
    if (isKept) this.#keep(new Kept(incoming, header, body, backAt), dueAt)
  }

  #keep(kept: Kept, dueAt: ServerMs): void {
    this.#count++
    this.#bytes += kept.body.length
    this.#kept.set(kept, dueAt)
  }

  #drop(kept: Kept): void {
    this.#count--
    this.#bytes -= kept.body.length
    this.#kept.delete(kept)
  }

  #moveDue(): void {
    if (this.ports.clock.now() < this.#restUntil) return
    const now = this.ports.now()
    while (this.#moving < this.#most && this.#kept.least <= now) {
      const kept = this.#kept.first as Kept
      const dueAt = kept.heapAt
      this.#drop(kept)
      // Otherwise it comes again, to whomever.
      if (now < kept.oursUntil) this.#move(kept, dueAt)
    }
  }

  #move(kept: Kept, dueAt: ServerMs): void {
    const { incoming, header, body } = kept
    const { names, publisher, aside } = this.ports
    const frame = movedFrame({ ...header, delayMs: undefined, storedAt: incoming.storedAt }, body)
    const messageId = movedId(incoming)
    this.#moving++
    const stored = publisher.store({ subject: names.subjectOf(header.key), frame, messageId }).then(
      () => {
        this.#told.done(incoming)
        this.#hasMoved = true
        this.#most = Math.min(MOST_MOVING, this.#most + 1)
      },
      async (error: unknown) => {
        // The room that it leaves is for itself first.
        this.#rest(error)
        const { seq, storedAt } = incoming
        if (!(await aside.put(error, { seq, storedAt, frame }))) return this.#refused(kept, dueAt, error)
        this.#told.done(incoming)
        await aside.move()
        this.#hasMoved = true
        this.#restUntil = -Infinity
      },
    )
    void stored.then(() => {
      this.#moving--
      this.#run()
    })
  }

  #rest(error: unknown): void {
    const isFull = isStreamFull(error)
    const ms = isFull && this.#hasMoved ? SHORT_REST_MS : REST_MS
    if (isFull) this.#most = 1
    this.#hasMoved = false
    this.#restUntil = this.ports.clock.now() + ms * NS_PER_MS
  }

  /** It could not be moved. What there may be room for soon stays here, if the server leaves it here. */
  #refused(kept: Kept, dueAt: ServerMs, error: unknown): void {
    const now = this.ports.now()
    const stays = isStreamFull(error) && !this.#isOff && now + REST_MS < kept.oursUntil
    if (stays) this.#keep(kept, dueAt)
    else this.#told.again(kept.incoming, now + AGAIN_MS)
  }
}
