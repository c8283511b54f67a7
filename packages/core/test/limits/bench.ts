import {
  call,
  cast,
  configure,
  definePool,
  inspect,
  onEvent,
  pause,
  type PoolOptions,
  type PoolRef,
  reply,
  resize,
  resume,
  spawnPool,
} from '@genpool/core'
import { changeConfig, spawnBroker } from '@genpool/broker'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { clientOf, type Law, limiting, type Rate, type Step, type Task } from './limit-laws'
import { SharedTasks } from './shared-tasks'

/** Pools under limits in virtual time, of their own or of a broker that they share, and what must hold. */
export class Bench {
  readonly clock: VirtualClock = virtualClock()
  readonly system = start()
  readonly begins: { readonly task: Task; readonly at: number }[] = []
  readonly running = new Map<Task, number>()
  /** Tasks that wait, by their numbers. */
  readonly waiting = new Map<number, Task>()
  /** How many outcomes each task had. */
  readonly outcomes = new Map<number, number>()
  /** How many promises of callers have settled, and how many there are. */
  settled = 0
  calls = 0
  accepted = 0
  readonly sharing = new SharedTasks()
  readonly faults: string[] = []
  readonly signals: AbortController[] = []
  readonly pools: readonly PoolRef[]
  readonly #broker: ReturnType<typeof spawnBroker> | null
  readonly #off: () => void
  #paused = new Set<PoolRef>()

  constructor(
    public law: Law,
    readonly isShared: boolean,
  ) {
    const { clock, system } = this
    this.#off = onEvent('genpool:request:settled', ({ message, ref }) => {
      if (!this.pools.includes(ref)) return
      const { id } = message as Task
      this.outcomes.set(id, (this.outcomes.get(id) ?? 0) + 1)
      if (!this.sharing.isWanted(id)) this.waiting.delete(id)
      const run = this.sharing.leave(id)
      if (run !== undefined) this.waiting.delete(run)
    })
    const all = { ...limiting(law), client: clientOf(law) } as object
    this.#broker = isShared ? spawnBroker(system, { ...all, clock }) : null
    const { client, ...limits } = all as { client: object }
    const own = this.#broker === null ? { broker: { client }, ...limits } : { broker: this.#broker }
    const options = { size: 3, state: 'isolated', clock, retryOnCrash: { crashOnce: 2 }, ...own } as PoolOptions
    const names = isShared ? ['one', 'two'] : ['one']
    this.pools = names.map((name) => spawnPool(system, this.#behaviour(), name, options as never) as PoolRef)
  }

  /** In nanoseconds: a request that is woken begins a little after the full millisecond. */
  get now(): number {
    return this.clock.now()
  }

  #behaviour() {
    const run = async (task: Task, ends: 'well' | 'badly' | 'badly once', attempt: number): Promise<void> => {
      this.begin(task)
      await this.clock.wait(task.ms)
      this.running.delete(task)
      if (ends === 'badly' || (ends === 'badly once' && attempt === 1)) {
        // It waits again, unless it has its outcome.
        if (ends === 'badly once' && !this.outcomes.has(task.id)) this.waiting.set(task.id, task)
        throw new Error('crashed')
      }
    }
    const attempts = new Map<number, number>()
    return definePool({
      calls: {
        call: async (task: Task) => {
          await run(task, 'well', 1)
          this.sharing.ends(task.id)
          return reply(task.id)
        },
        crash: async (task: Task) => {
          await run(task, 'badly', 1)
          return reply(task.id)
        },
        crashOnce: async (task: Task) => {
          const attempt = (attempts.get(task.id) ?? 0) + 1
          attempts.set(task.id, attempt)
          await run(task, 'badly once', attempt)
          return reply(task.id)
        },
      },
      casts: { cast: async (task: Task) => run(task, 'well', 1) },
    })
  }

  begin(task: Task): void {
    const { law, now, running } = this
    this.must(!running.has(task), 'it runs twice at once', task)
    this.must(!this.outcomes.has(task.id) || this.sharing.isWanted(task.id), 'it runs after its outcome', task)
    this.waiting.delete(task.id)
    this.begins.push({ task, at: now })
    running.set(task, now)
    const ofTenant = [...running.keys()].filter(({ tenant }) => tenant === task.tenant)
    this.must(ofTenant.length <= law.concurrency, `${ofTenant.length} of a tenant run`, task)
    const ofKey = [...running.keys()].filter(({ key }) => key === task.key)
    this.must(task.key === undefined || ofKey.length === 1, 'two of a key run', task)
    if (law.rate !== null) this.mustFit(law.rate, this.countsFor(law.rate, task), task)
    if (law.keyRate !== null) this.mustFit(law.keyRate, (other) => other.tenant === task.tenant, task)
  }

  mustFit(rate: Rate, counts: (task: Task) => boolean, task: Task): void {
    const used = this.used(rate, counts)
    this.must(used <= rate.limit, `a window of ${rate.interval} ms holds ${used}, more than ${rate.limit}`, task)
  }

  countsFor({ by }: { readonly by: boolean }, { user }: Task): (task: Task) => boolean {
    return (other) => !by || other.user === user
  }

  used({ interval, cost }: Rate, counts: (task: Task) => boolean): number {
    let sum = 0
    for (const { task, at } of this.begins)
      if (at > this.now - interval * NS_PER_MS && counts(task)) sum += cost ? task.cost : 1
    return sum
  }

  must(holds: boolean, what: string, task?: Task): void {
    if (!holds)
      this.faults.push(task === undefined ? what : `${what}: ${JSON.stringify(task)} at ${this.now / NS_PER_MS} ms`)
  }

  /** Whether something allows a request to wait while a member is idle. */
  isHeld(task: Task): boolean {
    const { law, running } = this
    const waiting = [...this.waiting.values()]
    if (task.key !== undefined) {
      if ([...running.keys(), ...waiting].some((other) => other !== task && other.key === task.key)) return true
    }
    const ofTenant = (other: Task): boolean => other.tenant === task.tenant
    if ([...running.keys()].filter(ofTenant).length >= law.concurrency) return true
    const isFull = (rate: Rate, counts: (other: Task) => boolean): boolean => {
      const used = this.used(rate, counts)
      // A costly one that waits for a rate holds back those behind it.
      return waiting.some((other) => counts(other) && used + (rate.cost ? other.cost : 1) > rate.limit)
    }
    if (law.rate !== null && isFull(law.rate, this.countsFor(law.rate, task))) return true
    return law.keyRate !== null && isFull(law.keyRate, ofTenant)
  }

  check(): void {
    const seen = this.pools.map((pool) => inspect(pool))
    const waiting = seen.reduce((sum, { waiting }) => sum + waiting, 0)
    this.must(waiting === this.waiting.size, `${waiting} wait, not ${this.waiting.size}`)
    const idle = seen.reduce((sum, { members, paused }) => sum + (paused ? 0 : members.idle), 0)
    if (idle > 0 && this.#paused.size === 0) {
      for (const task of this.waiting.values()) this.must(this.isHeld(task), 'it waits although it may begin', task)
    }
    for (const [id, count] of this.outcomes) this.must(count === 1, `task ${id} has ${count} outcomes`)
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'))
  }

  async perform(plan: Step): Promise<void> {
    const { op, ms, pick } = plan
    const pool = this.pools[pick % this.pools.length] as PoolRef
    if (op === 'advance') await this.clock.advance(ms)
    else if (op === 'abort') this.signals.pop()?.abort()
    else if (op === 'configure') this.#configure(plan.law)
    else if (op === 'resize') resize(pool, 1 + (pick % 4))
    else if (op === 'pause') this.#pause(pool)
    else if (op === 'resume') this.#resume()
    else this.#send(pool, plan)
    await this.clock.settle()
    this.check()
  }

  #pause(pool: PoolRef): void {
    pause(pool)
    this.#paused.add(pool)
  }

  #resume(): void {
    for (const pool of this.#paused) resume(pool)
    this.#paused.clear()
  }

  #send(pool: PoolRef, { op, tenant, user, cost, ms, priority, key, timeout }: Step): void {
    const task: Task = { id: this.accepted++, tenant, user, cost, ms, key }
    const share = op === 'shared' ? tenant : undefined
    const joins = share !== undefined && this.sharing.joins(task.id, `${this.pools.indexOf(pool)} ${share}`)
    if (!joins) this.waiting.set(task.id, task)
    const common = { priority, ...(key !== undefined && { key }) }
    if (op === 'cast') {
      // One that finds no room is refused at once; that is its outcome.
      cast(pool, { type: 'cast', ...task } as never, common)
      return
    }
    const controller = new AbortController()
    const end = (): void => void this.settled++
    this.calls++
    const type = op === 'abortAtOnce' || op === 'shared' ? 'call' : op
    const options = { ...common, timeout, signal: controller.signal, ...(share !== undefined && { share }) }
    call(pool, { type, ...task } as never, options).then(end, end)
    if (op === 'abortAtOnce') controller.abort()
    else this.signals.push(controller)
  }

  /** Other numbers for the same keys and costs. A longer interval knows only what the old one did. */
  #configure(to: Law): void {
    const { law } = this
    const other = <R extends Rate>(from: R | null, by: Rate | null): R | null =>
      from === null || by === null ? from : { ...from, limit: by.limit, interval: Math.min(from.interval, by.interval) }
    const { concurrency, max } = to
    // What is left out stays as it is, and so does a weight.
    const queue = law.queue === 'weighted' || to.queue === 'weighted' ? law.queue : to.queue
    this.law = { concurrency, max, queue, rate: other(law.rate, to.rate), keyRate: other(law.keyRate, to.keyRate) }
    const client = clientOf(this.law)
    if (this.#broker === null) configure(this.pools[0] as never, { broker: { client }, ...limiting(this.law) } as never)
    else changeConfig(this.#broker, { client, ...limiting(this.law) } as never)
  }

  async end(): Promise<void> {
    this.#resume()
    await this.clock.advance(20_000)
    this.check()
    this.must(this.settled === this.calls, `${this.settled} of ${this.calls} calls have settled`)
    this.must(this.outcomes.size === this.accepted, `${this.outcomes.size} of ${this.accepted} have an outcome`)
    for (const pool of this.pools) {
      const { rate, limits } = inspect(pool)
      const left = [rate?.waiting, limits?.waiting, limits?.keys].map((count) => count ?? 0)
      this.must(Math.max(...left) === 0, `limits still count ${left.join(', ')}`)
    }
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'))
    this.close()
    await this.clock.settle()
  }

  close(): void {
    this.#off()
    stop(this.system)
  }
}
