import { type Broker, createBroker } from '../../../src'
import { Job } from '../model'
import { changed, type Queue, type Rate, type Rules, type Step, toOptions } from './plans'

const MS = 1_000_000

/** A broker under any queue, and what must hold for it. */
export class Bench {
  readonly broker: Broker<Job, Job>
  readonly waiting = new Set<Job>()
  readonly running = new Set<Job>()
  begins: { readonly job: Job; readonly at: number }[] = []
  members = 0
  /** The last list of drops that was looked at. */
  seen: unknown = null
  now = 0
  sent = 0
  begun = 0

  constructor(
    public rules: Rules,
    public queue: Queue,
  ) {
    this.broker = createBroker<Job, Job>(toOptions(rules, queue), 0)
  }

  /** What the last call decided, and all matches that follow. */
  act(): void {
    this.drop()
    for (let match = this.broker.match(this.now); ; match = this.broker.match(this.now)) {
      this.drop()
      if (match === null) return
      this.members--
      this.begin(match.ask)
    }
  }

  drop(): void {
    const { dropped } = this.broker.decision
    if (dropped === this.seen) return
    this.seen = dropped
    for (const { entry } of dropped) {
      must(this.waiting.delete(entry), () => `request ${entry.task.id} was dropped twice, or after it began`)
      must(entry.list === null, () => `request ${entry.task.id} was dropped, and waits`)
    }
    this.members -= this.broker.decision.droppedR.length
  }

  begin(job: Job): void {
    must(this.waiting.delete(job), () => `request ${job.task.id} began twice, or was never asked for`)
    must(job.deadline > this.now, () => `request ${job.task.id} began after its deadline`)
    this.running.add(job)
    this.begins.push({ job, at: this.now })
    const { rate, limits } = this.rules
    const { tenant, user } = job.task
    const ofTenant = (other: Job): boolean => other.task.tenant === tenant
    const running = [...this.running]
    must(job.key === undefined || running.filter(({ key }) => key === job.key).length === 1, () => 'two of a key run')
    const fits = (from: Rate, counts: (other: Job) => boolean): void => {
      const used = this.used(from, counts)
      must(used <= from.limit, () => `a window holds ${used}, more than ${from.limit}`)
    }
    if (limits !== null && tenant !== undefined) {
      const count = running.filter(ofTenant).length
      must(count <= limits.concurrency, () => `${count} of a tenant run, more than ${limits.concurrency}`)
      if (limits.rate !== null) fits(limits.rate, ofTenant)
    }
    if (rate === null || (rate.by && user === undefined)) return
    fits(rate, (other) => !rate.by || other.task.user === user)
  }

  used({ interval, cost }: Rate, counts: (job: Job) => boolean): number {
    return this.begins
      .filter(({ job, at }) => at > this.now - interval * MS && counts(job))
      .reduce((sum, { job }) => sum + (cost ? job.task.cost : 1), 0)
  }

  /** Why a waiting request may wait although a member is idle. */
  isHeld(job: Job): boolean {
    const { rate, limits } = this.rules
    const { tenant, user } = job.task
    const waiting = [...this.waiting]
    const exceeds = (from: Rate, peers: readonly Job[], counts: (job: Job) => boolean): boolean =>
      peers.some((peer) => this.used(from, counts) + (from.cost ? peer.task.cost : 1) > from.limit)
    if (job.key !== undefined) {
      if ([...this.running].some(({ key }) => key === job.key)) return true
      // It waits for its turn: the first of its key is held.
      const first = waiting.filter(({ key }) => key === job.key).find((other) => other !== job)
      if (first !== undefined) return true
    }
    if (limits !== null && tenant !== undefined) {
      const ofTenant = (other: Job): boolean => other.task.tenant === tenant
      if ([...this.running].filter(ofTenant).length >= limits.concurrency) return true
      if (limits.rate !== null && exceeds(limits.rate, waiting.filter(ofTenant), ofTenant)) return true
    }
    if (rate === null || (rate.by && user === undefined)) return false
    const counts = (other: Job): boolean => !rate.by || other.task.user === user
    return exceeds(rate, waiting.filter(counts), counts)
  }

  check(): void {
    const { broker, waiting, members } = this
    // Thousands of checks a case: `expect` would take longer than the broker.
    must(broker.length === waiting.size, () => `${broker.length} wait, not ${waiting.size}`)
    must(broker.lengthR === members, () => `${broker.lengthR} members wait, not ${members}`)
    must(
      [...broker.requests].every((job) => waiting.has(job)),
      () => 'one waits that was never asked for',
    )
    // What is expired leaves when its turn comes.
    if (members === 0) return
    for (const job of waiting) must(this.isHeld(job), () => `request ${job.task.id} waits although it may begin`)
  }

  /** Whether a rate learns of what did not run, also when it began long ago. */
  get #knowsBegins(): boolean {
    const { rate, limits } = this.rules
    return limits !== null || rate === null || rate.by || rate.cost
  }

  perform(plan: Step, change: readonly [Rules, Queue] | null): void {
    const { op, tenant, user, cost, priority, key, tag, deadline, pick, ms } = plan
    const { broker } = this
    const now = ++this.now
    const running = [...this.running]
    const picked = running[pick % Math.max(1, running.length)]
    if (op === 'ask' || op === 'nbAsk') {
      const job = Object.assign(new Job({ id: this.sent++, tenant, user, cost }, now), { priority, key, tag })
      job.deadline = now + deadline * MS
      this.waiting.add(job)
      const member = op === 'ask' ? broker.ask(job, now) : broker.nbAsk(job, now)
      if (member === null) return this.act()
      this.drop()
      this.members--
      this.begin(job)
    } else if (op === 'askR') {
      this.members++
      this.#took(broker.askR(new Job({ id: -1, tenant: undefined, user: undefined, cost: 0 }, now), now), 1)
    } else if (op === 'take') this.#took(broker.take(now), 0)
    else if (op === 'time') {
      this.now += ms * MS
      broker.timeout(this.now)
    } else if (op === 'wake') {
      this.now = Math.max(now, Math.min(broker.decision.wakeAt ?? now, now + 100 * MS))
      broker.timeout(this.now)
    } else if (op === 'remove' || op === 'cancel' || op === 'drain') this.#takeOut(plan)
    else if (op === 'configure' && change !== null) {
      const [rules, queue] = change
      this.rules = changed(this.rules, rules)
      this.queue = queue
      broker.configure(toOptions(this.rules, queue), now)
    } else if (picked !== undefined) this.#end(picked, plan)
    this.act()
  }

  #took(job: Job | null, members: number): void {
    this.drop()
    if (job === null) return
    this.members -= members
    this.begin(job)
  }

  #takeOut({ op, tag, pick }: Step): void {
    const { broker, now } = this
    if (op === 'cancel' && tag !== undefined) {
      const found = [...this.waiting].filter((job) => job.tag === tag)
      for (const job of found) this.waiting.delete(job)
      expect(broker.cancel(tag, now)).toBe(found.length)
    } else if (op === 'remove' && this.waiting.size > 0) {
      const gone = [...this.waiting][pick % this.waiting.size] as Job
      this.waiting.delete(gone)
      expect(broker.remove(gone, now)).toBe(true)
      this.drop()
      expect(broker.remove(gone, now)).toBe(false)
    } else if (op === 'drain' && pick < 20) {
      const drained = broker.drain(now)
      expect(new Set(drained)).toEqual(this.waiting)
      this.waiting.clear()
      // Those that have the turn of their key keep it.
      for (const job of drained) if (job.key !== undefined) expect(broker.release(job, now)).toBeNull()
    }
  }

  #end(job: Job, { op }: Step): void {
    const { broker, now } = this
    const ran = !op.startsWith('unrun') || !this.#knowsBegins
    this.running.delete(job)
    // Only its last run did not happen.
    if (!ran)
      this.begins.splice(
        this.begins.findLastIndex((begin) => begin.job === job),
        1,
      )
    if (op === 'back' || op === 'unrunBack') {
      this.waiting.add(job)
      const member = broker.putBack(job, now, ran)
      if (member === null) return
      this.drop()
      this.members--
      return this.begin(job)
    }
    const match = broker.release(job, now, ran)
    this.drop()
    if (match === null) return
    this.members--
    this.begin(match.ask)
  }

  /** All that waits begins or is dropped, by nothing but members and the times that the broker asks for; nothing is left. */
  end(): void {
    const { broker } = this
    for (let i = 0; this.waiting.size > 0 || this.running.size > 0; i++) {
      const before = this.waiting.size + this.running.size
      for (const job of [...this.running]) {
        this.now++
        this.#end(job, { op: 'done' } as Step)
        this.act()
      }
      this.now++
      this.members++
      this.#took(broker.askR(new Job({ id: -1, tenant: undefined, user: undefined, cost: 0 }, this.now), this.now), 1)
      this.act()
      this.check()
      if (this.waiting.size + this.running.size < before || this.running.size > 0) continue
      expect([this.waiting.size, broker.decision.wakeAt]).not.toEqual([this.waiting.size, null])
      this.now = Math.max(this.now + 1, broker.decision.wakeAt ?? 0)
      broker.timeout(this.now)
      this.act()
      if (i > 1000) throw new Error(`${this.waiting.size} wait for ever`)
    }
    expect([broker.length, [...broker.requests]]).toEqual([0, []])
    this.now += 1000 * MS
    const { rate, limits } = broker.limits(this.now)
    expect([rate?.waiting ?? 0, rate?.used ?? 0, limits?.waiting ?? 0, limits?.keys ?? 0]).toEqual([0, 0, 0, 0])
  }
}

function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what())
}
