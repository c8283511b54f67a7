import { call, configure, definePool, inspect, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { type Case, finite, type Step } from './recorded'

export type ValveStep = Step<{ readonly result?: string; readonly status: 'open' | 'closed'; readonly size: number }>

/** More members than tasks ever run in a recording. */
const MEMBERS = 60

/** Has a real pool live through a recording of the open valve: tasks are calls, the valve is the limit of working members. */
export class OpenValvePlayer {
  readonly #clock: VirtualClock
  readonly #system: ActorSystemRef = start()
  readonly #pool: PoolRef
  /** How to end each task that runs: well, or with a crash. */
  readonly #running = new Map<number, (crash: boolean) => void>()

  constructor(private readonly recording: Case<ValveStep>) {
    this.#clock = virtualClock(recording.init.time / NS_PER_MS)
    const Worker = definePool({
      handleCall: async (id: number) => {
        const crash = await new Promise<boolean>((resolve) => this.#running.set(id, resolve))
        if (crash) throw new Error(`task ${id} is down`)
        return noReply()
      },
    })
    const options = { size: MEMBERS, timeout: Infinity, clock: this.#clock }
    this.#pool = spawnPool(this.#system, Worker, 'valve', options) as never
  }

  /** Returns how many steps were held against the recording. */
  async play(): Promise<number> {
    const { init, spec, steps, seed } = this.recording
    for (const id of init.ids) this.#ask(id)
    await this.#clock.settle()
    this.#limit(spec)
    for (const [index, step] of steps.entries()) {
      await this.#clock.advance((step.time - this.#clock.now()) / NS_PER_MS)
      this.#play(step)
      await this.#clock.settle()
      const { concurrency, members, waiting } = inspect(this.#pool)
      const status = members.busy < (concurrency?.limit ?? Infinity) ? 'open' : 'closed'
      const at = `seed ${seed}, step ${index} (${step.op} ${step.id})`
      const { result } = step
      expect({ at, status, size: members.busy, waiting }).toEqual({
        at,
        status: result.status,
        size: result.size,
        waiting: 0,
      })
    }
    stop(this.#system)
    await this.#clock.settle()
    return steps.length
  }

  #play({ op, id, spec, result }: ValveStep): void {
    if (op === 'ask') this.#ask(id)
    else if (op === 'config') this.#limit(spec)
    // A task goes on unless it is told to stop.
    else if (op === 'done' || (op === 'continue' && result.result === 'done')) this.#end(id, false)
    else if (op === 'down') this.#end(id, true)
  }

  #ask(id: number): void {
    call(this.#pool as never, id as never).catch(() => undefined)
  }

  #end(id: number, crash: boolean): void {
    this.#running.get(id)?.(crash)
    this.#running.delete(id)
  }

  #limit(spec: unknown): void {
    const { max = Infinity } = spec as { max?: unknown }
    configure(this.#pool, { concurrency: finite(max) as number })
  }
}
