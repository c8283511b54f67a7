import { type BrokerOptions, createBroker, Waiting } from '../../src'

const MS = 1e6

/** What is simulated. Times are milliseconds of virtual time. */
export interface Scenario {
  readonly broker: BrokerOptions
  readonly seconds: number
  /** How many members there are at a time. */
  readonly members: (at: number) => number
  /** How long a run takes that starts at this time. */
  readonly service: (at: number, random: () => number) => number
  /** Requests per second at a time; they come at random (Poisson) and do not slow down when refused. */
  readonly rate: (at: number) => number
  /** How long a caller waits before it gives up; its request leaves the queue at that moment. */
  readonly patience: number
  readonly seed?: number
}

/** What came out. */
export interface Outcome {
  readonly sent: number
  /** Answered before the caller gave up. */
  readonly answered: number
  /** Run in vain: finished after the caller had given up. */
  readonly wasted: number
  /** Refused or dropped by the broker. */
  readonly dropped: number
  /** The share of the members' time that went into answers in time. */
  readonly goodput: number
  readonly median: number
  readonly p99: number
  /** The median time after which somebody who was not served knew. */
  readonly toldAfter: number
  /** Answers in time in each second. */
  readonly perSecond: readonly number[]
  /** Requests refused or dropped in each second. */
  readonly droppedPerSecond: readonly number[]
}

class Request extends Waiting {
  readonly id: number
  constructor(id: number, sentAt: number, deadline: number) {
    super(sentAt)
    this.id = id
    this.deadline = deadline
  }
}

class Member extends Waiting {
  request: Request | null = null
  startedAt = 0
  retired = false
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A reproducible source of chance (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Exponentially distributed around `mean`. */
export function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random())
}

/** Runs a scenario in virtual time, event by event. */
export function simulate(scenario: Scenario): Outcome {
  return new Simulation(scenario).run()
}

class Simulation {
  readonly #events: Event[] = []
  readonly #random: () => number
  readonly #broker
  #now = 0
  #order = 0
  #wakeAt = Infinity
  #sent = 0
  #wasted = 0
  #dropped = 0
  #usefulTime = 0
  #capacity = 0
  readonly #members = new Set<Member>()
  readonly #latencies: number[] = []
  readonly #told: number[] = []
  readonly #perSecond: number[]
  readonly #droppedPerSecond: number[]

  constructor(private readonly scenario: Scenario) {
    this.#random = randomFrom(scenario.seed ?? 1)
    this.#broker = createBroker<Request, Member>(scenario.broker, 0, { random: this.#random })
    this.#perSecond = new Array<number>(Math.ceil(scenario.seconds) + 1).fill(0)
    this.#droppedPerSecond = [...this.#perSecond]
  }

  run(): Outcome {
    const end = this.scenario.seconds * 1000 * MS
    this.#staff()
    this.#at(this.#untilNextArrival(), () => this.#arrive())
    for (let event = this.#pop(); event !== undefined && event.at <= end; event = this.#pop()) {
      this.#now = event.at
      event.run()
    }
    return this.#outcome()
  }

  /** Hires and retires members; looks again every 10 ms. */
  #staff(): void {
    const wanted = this.scenario.members(this.#now / MS)
    this.#capacity += wanted * 10 * MS
    for (const member of this.#members) {
      if (this.#members.size <= wanted) break
      this.#members.delete(member)
      member.retired = true
      this.#broker.remove(member, this.#now)
      this.#settle()
    }
    while (this.#members.size < wanted) {
      const member = new Member(this.#now)
      this.#members.add(member)
      this.#askForWork(member)
    }
    this.#at(this.#now + 10 * MS, () => this.#staff())
  }

  #untilNextArrival(): number {
    return this.#now + exponential(1000 / this.scenario.rate(this.#now / MS), this.#random) * MS
  }

  #arrive(): void {
    const sentAt = Math.round(this.#now)
    const request = new Request(this.#sent++, sentAt, sentAt + this.scenario.patience * MS)
    const member = this.#broker.ask(request, sentAt)
    this.#settle()
    if (member !== null) this.#start(member, request)
    else if (request.list !== null) this.#at(request.deadline, () => this.#giveUp(request))
    this.#at(this.#untilNextArrival(), () => this.#arrive())
  }

  #giveUp(request: Request): void {
    if (request.list === null) return
    this.#broker.remove(request, Math.round(this.#now))
    this.#told.push(this.scenario.patience)
    this.#settle()
  }

  #askForWork(member: Member): void {
    member.sentAt = Math.round(this.#now)
    const request = this.#broker.askR(member, member.sentAt)
    this.#settle()
    if (request !== null) this.#start(member, request)
  }

  #start(member: Member, request: Request): void {
    member.request = request
    member.startedAt = this.#now
    this.#at(this.#now + this.scenario.service(this.#now / MS, this.#random) * MS, () => this.#finish(member, request))
  }

  #finish(member: Member, request: Request): void {
    const now = Math.round(this.#now)
    this.#broker.finished(now - Math.round(member.startedAt), now)
    if (now > request.deadline) {
      this.#wasted++
      this.#told.push(this.scenario.patience)
    } else {
      this.#latencies.push((now - request.sentAt) / MS)
      this.#usefulTime += this.#now - member.startedAt
      this.#perSecond[this.#second]!++
    }
    if (!member.retired) this.#askForWork(member)
  }

  #settle(): void {
    const { dropped, wakeAt } = this.#broker.decision
    for (const { sojourn } of dropped) {
      this.#dropped++
      this.#droppedPerSecond[this.#second]!++
      this.#told.push(sojourn / MS)
    }
    if (wakeAt === null || wakeAt >= this.#wakeAt) return
    this.#wakeAt = wakeAt
    this.#at(Math.max(wakeAt, this.#now), () => {
      this.#wakeAt = Infinity
      this.#broker.timeout(Math.round(this.#now))
      this.#settle()
    })
  }

  get #second(): number {
    return Math.floor(this.#now / MS / 1000)
  }

  #outcome(): Outcome {
    const latencies = [...this.#latencies].sort((a, b) => a - b)
    const told = [...this.#told].sort((a, b) => a - b)
    return {
      sent: this.#sent,
      answered: latencies.length,
      wasted: this.#wasted,
      dropped: this.#dropped,
      goodput: this.#usefulTime / this.#capacity,
      median: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      toldAfter: quantile(told, 0.5),
      perSecond: this.#perSecond.slice(0, this.scenario.seconds),
      droppedPerSecond: this.#droppedPerSecond.slice(0, this.scenario.seconds),
    }
  }

  #at(at: number, run: () => void): void {
    const events = this.#events
    const event = { at, order: this.#order++, run }
    let index = events.push(event) - 1
    for (let parent = (index - 1) >> 1; index > 0 && before(event, events[parent]!); parent = (index - 1) >> 1) {
      events[index] = events[parent]!
      events[(index = parent)] = event
    }
  }

  #pop(): Event | undefined {
    const events = this.#events
    const first = events[0]
    const last = events.pop()
    if (first === undefined || last === undefined || events.length === 0) return first
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= events.length) break
      const right = left + 1
      const child = right < events.length && before(events[right]!, events[left]!) ? right : left
      if (before(last, events[child]!)) break
      events[index] = events[child]!
      index = child
    }
    events[index] = last
    return first
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function quantile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN
}
