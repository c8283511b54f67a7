import type { CallOptions, CastOptions, CastResult, GenPoolError } from '@genpool/core'
import { Brake, type Nanos, Turn } from '@genpool/runtime'
import type { NatsConnection } from '@nats-io/transport-node'
import { Link } from '../link'
import { rulesOf } from '../nodes/aliveness'
import type { Node } from '../nodes/node'
import { Subjects } from '../subjects'
import { type Bodies, bodiesOf } from '../wire/codec'
import { Answers } from './answers'
import { Casts } from './casts'
import { CatchUps } from './catch-ups'
import { Conditions } from './conditions'
import { Delivery } from './delivery'
import { Discovery } from './discovery'
import { Door } from './door'
import { RemoteFailures } from './failures'
import { Inbox, type InboxListener } from './inbox'
import { RemoteCounts } from './inspect-remote'
import { Interruptions } from './interruptions'
import { KeyOrder } from './key-order'
import { NodeWatch } from './node-watch'
import { Outcomes } from './outcomes'
import { Pending } from './pending'
import type { CheckedRemoteOptions } from './remote-options'
import { Reads } from './reads'
import { orderOf, type RemoteKind, RemoteRequest } from './remote-request'
import { Retries } from './retries'
import { Roster } from './roster'
import { Unsent } from './unsent'
import { Waits } from './waits'
import { Workload } from './workload'

/** One client of a remote pool: has all its parts, and tells them of each other. */
export class RemoteClient {
  readonly name: string
  readonly counts: RemoteCounts
  readonly roster: Roster
  readonly pending: Pending
  readonly #failures: RemoteFailures
  readonly #inbox: Inbox
  readonly #link: Link
  readonly #door: Door
  readonly #outcomes: Outcomes
  readonly #delivery: Delivery
  readonly #retries: Retries
  readonly #answers: Answers
  readonly #discovery: Discovery
  readonly #casts: Casts
  readonly #unsent: Unsent
  readonly #watch: NodeWatch
  readonly #conditions: Conditions
  readonly #interruptions: Interruptions
  readonly waits: Waits
  readonly #keys = new KeyOrder()
  readonly #reads = new Reads()
  readonly #catchUps: CatchUps
  readonly #brake: Brake<Error>
  #bodies: Bodies

  constructor(
    connection: NatsConnection,
    public options: CheckedRemoteOptions,
    /** A cast is lost, for this reason. */
    castLost: (message: unknown, error: GenPoolError) => void = () => undefined,
  ) {
    const { clock, name } = options
    this.#brake = new Brake(Turn.of(clock))
    const subjects = new Subjects(options.prefix, name)
    const failures = (this.#failures = new RemoteFailures(name))
    const counts = (this.counts = new RemoteCounts(clock.now()))
    this.name = name
    this.#bodies = bodiesOf(options.codec)
    const pending = (this.pending = new Pending(
      clock,
      (request) => this.#outcomes.expired(request),
      () => this.#conditions.look(),
      this.#keys,
    ))
    const roster = (this.roster = new Roster(
      rulesOf(() => this.options),
      {
        probe: (node) => this.#discovery.probe(node),
        lost: (node) => this.#interruptions.nodeLost(node),
        reconnected: (node) => this.#interruptions.nodeBack(node),
        gaveBack: (node) => this.#interruptions.nodeGaveBack(node),
      },
      () => this.#inbox.prefix,
    ))
    const link = (this.#link = new Link(connection, {
      lost: () => undefined,
      back: () => this.#interruptions.back(),
      refused: (error, subject, what) => {
        // What its own subscriptions are refused is told to them. Others are of a node of this connection.
        if (what === 'publish') this.#interruptions.refusedAt(subject, error)
      },
      closed: () => this.#interruptions.closed(),
    }))
    const inbox = (this.#inbox = new Inbox(connection, subjects, this.#inboxListener()))
    const bodies = (): Bodies => this.#bodies
    const { waiting } = pending
    const keys = this.#keys
    const find = (): void => this.#discovery.find()
    const reads = this.#reads
    const catchUps = (this.#catchUps = new CatchUps({ link, roster, inbox, caughtUp: (node) => this.#caughtUp(node) }))
    const shared = {
      clock,
      name,
      reads,
      castLost,
      counts,
      failures,
      pending,
      waiting,
      roster,
      link,
      inbox,
      keys,
      catchUps,
      bodies,
      find,
    }
    const outcomes = (this.#outcomes = new Outcomes(shared))
    const delivery = (this.#delivery = new Delivery({ ...shared, outcomes, random: () => this.options.random() }))
    const casts = (this.#casts = new Casts({ ...shared, delivery }))
    this.#unsent = new Unsent({ waiting, delivery, casts })
    const retries = (this.#retries = new Retries({ ...shared, outcomes, delivery }))
    this.#answers = new Answers({ ...shared, outcomes, retries, delivery, casts })
    this.#discovery = new Discovery({
      ...shared,
      hasWaiting: () => !this.#unsent.isEmpty,
      found: () => this.#unsent.send(pending.now()),
      nobody: () => this.#interruptions.nobodyServes((mayHaveRun) => failures.nobody(mayHaveRun)),
      patienceMs: () => this.options.silentAfter,
      unheard: () => this.#interruptions.nobodyServes((mayHaveRun) => failures.unheard(mayHaveRun)),
    })
    const inFlight = (): number => pending.size + casts.waiting
    const tries = (isRefused: () => boolean): void => void this.#interruptions.tries(isRefused)
    this.#door = new Door({ ...shared, options: () => this.options, inFlight, tries })
    this.#watch = new NodeWatch({
      ...shared,
      isConnected: () => link.usable,
      isNeeded: () => (pending.size > 0 || this.#conditions.waiting > 0) && this.#door.phase !== 'stopped',
    })
    const conditions = (this.#conditions = new Conditions({ name, armed: () => this.#watch.arm(pending.now()) }))
    this.#interruptions = new Interruptions({
      ...shared,
      subjects,
      outcomes,
      delivery,
      casts,
      retries,
      conditions,
      door: this.#door,
      discovery: this.#discovery,
    })
    const workload = new Workload({ ...shared, casts, probe: (node) => this.#discovery.probe(node) })
    this.waits = new Waits({ ...shared, door: this.#door, conditions, workload })
  }

  #inboxListener(): InboxListener {
    const most = (): number => this.options.maxBytes
    return {
      get maxBytes() {
        return most()
      },
      frame: (id, frame) => this.#answers.received(id, frame),
      notTaken: (id, said) => {
        this.#discovery.said(said, false)
        this.#answers.notTaken(id)
      },
      caughtUp: (said, number) => {
        this.#discovery.said(said, false)
        this.#catchUps.answered(number)
      },
      nobody: (id) => this.#answers.nobody(id),
      answersLost: (node, ids) => this.#interruptions.answersLost(node, ids),
      said: (said, asked) => {
        this.#discovery.said(said, asked)
        if (said.muteFor !== undefined && said.muteFor.length > 0) this.#interruptions.muted(said.id)
        this.#conditions.look()
      },
      absent: (node) => {
        this.#discovery.absent(node)
        this.#conditions.look()
      },
      bad: (id, error) => this.#answers.bad(id, error),
      refused: (error) => this.#interruptions.refused(error),
    }
  }

  get phase(): Door['phase'] {
    return this.#door.phase
  }

  /** The error for what comes after its end. */
  get stopped(): Error {
    return this.#failures.stopped(null)
  }

  /** Why NATS takes nothing from this client; null while it does. */
  get refusal(): string | null {
    return this.#door.refusal
  }

  get connected(): boolean {
    return this.#link.usable
  }

  /** Whether nodes have answered from one state that they share. */
  get sharesState(): boolean {
    return this.#reads.at !== undefined
  }

  /** Requests that wait here: for a connection, or for a node. */
  get waiting(): Iterable<RemoteRequest> & { readonly size: number } {
    return this.pending.waiting
  }

  /** How many wait here for earlier ones of their key. */
  get held(): number {
    return this.#keys.held
  }

  /** Resolves when a node is known; rejects if no message can be sent. */
  ready(): Promise<void> {
    const { closed } = this.#door
    if (closed !== undefined && !this.#door.tries()) return Promise.reject(closed)
    return this.roster.nodes.length > 0 ? Promise.resolve() : this.#discovery.ready()
  }

  configure(options: CheckedRemoteOptions): void {
    this.options = options
    this.#bodies = bodiesOf(options.codec)
  }

  /** Its address has stopped. */
  stop(): void {
    this.#interruptions.stopped()
    this.#watch.end()
    this.#link.end()
    this.#inbox.end()
  }

  /** Sends a message that is answered. The promise always settles. */
  ask(kind: RemoteKind, message: unknown, options: CallOptions): Promise<unknown> {
    const now = this.pending.now()
    const prepared = this.#door.admit(kind, message, options, now)
    if (!('frame' in prepared)) return new Promise((_, reject) => this.#brake.tell(reject, prepared))
    const mute = this.#mute(now)
    if (mute !== undefined) return Promise.reject(mute)
    const { signal } = options
    this.counts.calls++
    this.#retries.called(now)
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => this.#brake.tell(reject, error)
      const request = new RemoteRequest(this.#inbox.nextId(), prepared, now, resolve, fail)
      if (signal?.aborted === true) return fail(this.#failures.cancelled(request, signal.reason))
      if (signal !== undefined) request.watch(signal, () => this.#outcomes.cancelled(request, signal.reason))
      this.pending.add(request)
      this.#watch.arm(now)
      this.#delivery.send(request, now)
    })
  }

  /** Sends a message without an answer. */
  cast(message: unknown, options: CastOptions): CastResult {
    const now = this.pending.now()
    const prepared = this.#door.admit('cast', message, options, now)
    if (!('frame' in prepared)) return { ok: false, error: prepared }
    const { frame, type, key, headers } = prepared
    const mute = this.#mute(now)
    if (mute !== undefined) return { ok: false, error: mute }
    if (this.#link.usable && !this.roster.mayKnow(type, 'cast')) {
      return { ok: false, error: this.#failures.unknownCast(type, this.roster.nodes) }
    }
    this.counts.casts++
    const order = orderOf(this.#inbox.nextId())
    this.#casts.send({ frame, message, type, headers, node: '', key, tries: 0, order }, now)
    return { ok: true }
  }

  /** The error if no node can answer this client. */
  #mute(now: Nanos): GenPoolError | undefined {
    const { allMute } = this.roster
    if (allMute === undefined) return undefined
    this.roster.askMute(now)
    return this.#failures.mute(allMute.id, false)
  }

  #caughtUp(node: Node): void {
    this.#interruptions.caughtUp(node)
    this.#unsent.send(this.pending.now())
  }
}
