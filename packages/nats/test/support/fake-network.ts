import { DroppedError, InvalidError, StoppedError } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import type { VirtualClock } from '@genpool/runtime/testing'
import type { NatsConnection } from '@nats-io/transport-node'
import { ownBodies } from '../../src/wire/codec'
import { failureFrame } from '../../src/wire/failures'
import { answerFrame, type Frame, Kind, openFrame, plainFrame, readRequest } from '../../src/wire/frames'

/** What a node does with a request. */
export type Deed =
  'answer' | 'slow' | 'late' | 'twice' | 'refuse' | 'stop' | 'drop' | 'fail' | 'garbage' | 'newer' | 'progress'
const AFTER_MS: Readonly<Partial<Record<Deed, number>>> = { slow: 300, drop: 300, late: 10_000 }

/** How long a message travels. */
const TRAVEL_MS = 1

type Callback = (error: Error | null, message: unknown) => void

/** A node: `up` if NATS reaches it, `stalled` if its process stands still. */
export interface FakeNode {
  id: string
  epoch: number
  isUp: boolean
  /** NATS has not noticed that it is away. */
  isMissed: boolean
  isStalled: boolean
  isLeaving: boolean
  /** It says that it begins nothing. */
  isPaused: boolean
  /** How often it has given messages of keys back: as often, `epoch` has changed without a new connection. */
  returns: number
  /** What it does with its next requests, again and again. */
  deeds: readonly Deed[]
  /** What has come while it stood still. */
  readonly missed: (() => void)[]
  /** The answers to what it has had, by the subject of the answer. */
  memory: Map<string, Uint8Array[]>
}

/** NATS, some nodes and the connection of one client, in virtual time. A message to or from somebody who is away is lost. */
export class FakeNetwork {
  readonly nodes: FakeNode[]
  /** How often each message was run, by what it says. */
  readonly runs = new Map<unknown, number>()
  /** What each message that was taken says, in their order. */
  readonly took: unknown[] = []
  readonly connection: NatsConnection
  /** How many calls paused nodes have given back. */
  returned = 0
  readonly #subscriptions = new Map<string, Callback>()
  #isUp = true
  #isClosed = false
  #tell: (status: object | null) => void = () => undefined
  #closed: () => void = () => undefined
  #deeds = 0
  #made = 0

  constructor(
    private readonly clock: VirtualClock,
    deeds: readonly (readonly Deed[])[],
  ) {
    this.nodes = deeds.map((those) => this.#born(those))
    this.connection = this.#connection()
    this.#announceAll()
  }

  get subscriptions(): number {
    return this.#subscriptions.size
  }

  /** The connection of the client is lost, or made again. */
  link(isUp: boolean): void {
    if (this.#isClosed || this.#isUp === isUp) return
    this.#isUp = isUp
    this.#tell({ type: isUp ? 'reconnect' : 'disconnect' })
  }

  close(): void {
    this.#isClosed = true
    this.#subscriptions.clear()
    this.#closed()
  }

  /** A node loses its connection to NATS, and keeps what it has. `silently`: NATS does not notice, and loses what is sent to it. */
  down(node: FakeNode, { silently = false } = {}): void {
    node.isUp = false
    node.isMissed = silently
  }

  up(node: FakeNode): void {
    if (node.isUp) return
    node.isUp = true
    node.isMissed = false
    node.epoch++
    this.#announce(node)
  }

  /** A process dies, and with it what it had. Another one, with a name of its own, is started with `up`. */
  kill(node: FakeNode): void {
    Object.assign(node, this.#born(node.deeds), { isUp: false })
  }

  stall(node: FakeNode): void {
    node.isStalled = true
  }

  wake(node: FakeNode): void {
    node.isStalled = false
    for (const work of node.missed.splice(0)) work()
  }

  /** A node says that it begins nothing, and gives back what comes. It ends what it has, and what it may not give back. */
  pause(node: FakeNode): void {
    node.isPaused = true
    this.#announce(node)
  }

  resume(node: FakeNode): void {
    node.isPaused = false
    this.#announce(node)
  }

  /** A node takes nothing new for a second, and is gone then. */
  leave(node: FakeNode): void {
    const { id } = node
    node.isLeaving = true
    this.#announce(node)
    this.#after(1000, () => {
      if (node.id === id) this.kill(node)
    })
  }

  #born(deeds: readonly Deed[]): FakeNode {
    const id = `node-${this.#made++}`
    const state = { isUp: true, isMissed: false, isStalled: false, isLeaving: false, isPaused: false, returns: 0 }
    return { id, epoch: 1, ...state, deeds, missed: [], memory: new Map() }
  }

  #connection(): NatsConnection {
    const closed = new Promise<void>((resolve) => (this.#closed = resolve))
    const connection = {
      info: { max_payload: 1_000_000 },
      isClosed: () => this.#isClosed,
      isDraining: () => false,
      closed: () => closed,
      flush: () => Promise.resolve(),
      status: () => this.#status(),
      subscribe: (subject: string, { callback }: { callback: Callback }) => {
        this.#subscriptions.set(subject, callback)
        return { unsubscribe: () => void this.#subscriptions.delete(subject) }
      },
      publish: (subject: string, data: Uint8Array | undefined, { reply = '' } = {}) => {
        if (this.#isClosed) throw new Error('closed connection')
        const sent = data === undefined ? undefined : Uint8Array.from(data)
        if (this.#isUp) this.#after(TRAVEL_MS, () => this.#route(subject, sent, reply))
      },
    }
    return connection as unknown as NatsConnection
  }

  #status(): AsyncIterable<object> & { stop(): void } {
    const told: (object | null)[] = []
    let wake = (): void => undefined
    this.#tell = (status) => {
      told.push(status)
      wake()
    }
    return {
      stop: () => this.#tell(null),
      async *[Symbol.asyncIterator]() {
        for (;;) {
          if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve))
          const status = told.shift()
          if (status === null) return
          if (status !== undefined) yield status
        }
      },
    }
  }

  #after(ms: number, fn: () => void): void {
    this.clock.setTimer(this.clock.now() + ms * NS_PER_MS, fn, false)
  }

  /** A message of the client arrives at NATS. */
  #route(subject: string, data: Uint8Array | undefined, reply: string): void {
    const isQuestion = subject.endsWith('.ask')
    const meant = this.nodes.filter(({ id }) => subject.includes(`.${id}.`) || subject === 'p.n.ask')
    const reached = meant.filter(({ isUp }) => isUp)
    if (meant.some(({ isUp, isMissed }) => !isUp && isMissed)) return
    if (reached.length === 0 && reply !== '') this.#toClient(reply, new Uint8Array(0), 503)
    for (const node of reached) {
      this.#works(node, () => {
        if (isQuestion) {
          if (!node.isLeaving) this.#from(node, reply, said(node))
        } else if (data !== undefined) this.#takes(node, openFrame(data), reply)
      })
    }
  }

  #works(node: FakeNode, work: () => void): void {
    if (node.isStalled) node.missed.push(work)
    else work()
  }

  #takes(node: FakeNode, frame: Frame, reply: string): void {
    if (frame.kind === Kind.cancel) return
    const had = node.memory.get(reply)
    const { again, epoch, mayReturn, key } = readRequest(frame)
    if (epoch !== undefined && epoch !== node.epoch) return this.#from(node, reply, said(node))
    if (again && had !== undefined) return had.forEach((answer) => this.#from(node, reply, answer))
    if (node.isPaused && mayReturn === true && !again && frame.kind === Kind.call) {
      this.returned++
      if (key !== undefined) [node.returns, node.epoch] = [node.returns + 1, node.epoch + 1]
      return this.#from(node, reply, said(node))
    }
    const value = ownBodies.read(frame.body)
    this.took.push(value)
    const deed = node.deeds[this.#deeds++ % node.deeds.length] ?? 'answer'
    if (frame.kind === Kind.cast) return
    const isRefused = deed === 'refuse' || deed === 'stop'
    const answers: Uint8Array[] = isRefused ? [deed === 'stop' ? stopped() : refusal()] : []
    node.memory.set(reply, answers)
    if (isRefused) return answers.forEach((answer) => this.#from(node, reply, answer))
    if (deed !== 'drop') this.runs.set(value, (this.runs.get(value) ?? 0) + 1)
    if (deed === 'progress') this.#from(node, reply, answered(Kind.progress, value))
    const { id } = node
    this.#after(AFTER_MS[deed] ?? 2, () => {
      // Its process died meanwhile.
      if (node.id !== id) return
      this.#works(node, () => {
        answers.push(outcomeOf(deed, value))
        this.#from(node, reply, outcomeOf(deed, value))
        if (deed === 'twice') this.#from(node, reply, outcomeOf(deed, value))
      })
    })
  }

  #from(node: FakeNode, subject: string, data: Uint8Array): void {
    if (node.isUp) this.#after(TRAVEL_MS, () => this.#toClient(subject, data))
  }

  #toClient(subject: string, data: Uint8Array, code = 200): void {
    if (!this.#isUp || this.#isClosed) return
    for (const [pattern, callback] of this.#subscriptions) {
      const isHere = pattern.endsWith('*') ? subject.startsWith(pattern.slice(0, -1)) : subject === pattern
      if (isHere) callback(null, { subject, data, headers: { code } })
    }
  }

  #announce(node: FakeNode): void {
    if (!node.isStalled) this.#from(node, 'p.n.load', said(node))
  }

  #announceAll(): void {
    for (const node of this.nodes) this.#announce(node)
    this.#after(1000, () => this.#announceAll())
  }
}

function said({ id, epoch, returns, isLeaving: leaving, isPaused }: FakeNode): Uint8Array {
  const work = { size: 4, idle: 4, waiting: 0, inHand: 0, oldestWaitMs: 0, runMs: 2, upMs: 0 }
  const halted = isPaused ? 'paused' : undefined
  return plainFrame(Kind.load, { id, version: '0.0.0', ...work, everyMs: 1000, epoch, returns, leaving, halted })
}

function answered(kind: Kind, value: unknown): Uint8Array {
  return answerFrame(kind, { inHand: 0 }, { bodies: ownBodies, value, max: 1000 })
}

function refusal(): Uint8Array {
  return failureFrame(new DroppedError('n', { reason: 'max', waitedMs: 0, queueLength: 1 }), { inHand: 0 }, 1000)
}

function stopped(): Uint8Array {
  return failureFrame(new StoppedError('n', false), { inHand: 0 }, 1000)
}

function outcomeOf(deed: Deed, value: unknown): Uint8Array {
  if (deed === 'drop') return refusal()
  if (deed === 'garbage') return new Uint8Array([1, 2, 3])
  if (deed === 'newer') return answered(99 as Kind, value)
  if (deed === 'fail')
    return failureFrame(new InvalidError('message', [{ path: [], message: 'no' }]), { inHand: 0 }, 1000)
  return answered(Kind.answer, value)
}
