import { call, configure, definePool, inspect, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { type Case, finite, type Step } from './recorded'

type Reply = readonly [string, unknown]

export type RegulatorStep = Step<{
  readonly replies: readonly Reply[]
  readonly len: number
  readonly size: number
  readonly cancelled?: number | false
}>

interface Spec {
  readonly queue: { readonly module: string; readonly args: Record<string, unknown> }
  readonly valve: { readonly module: string; readonly args: Record<string, unknown> }
}

/** More members than ever run in a recording. */
const MEMBERS = 40

/**
 * Has a real pool live through a recording of the regulator: tasks are calls, the queue is the clients', and the open valve is
 * the limit of how many members work at once.
 *
 * A relative valve has no counterpart there; from the first one on, a recording is left aside.
 */
export class RegulatorPlayer {
  readonly #clock: VirtualClock = virtualClock()
  readonly #system: ActorSystemRef = start()
  readonly #pool: PoolRef
  #told: Reply[] = []
  /** How to end each task that runs: well, or with a crash. */
  readonly #running = new Map<number, (crash: boolean) => void>()
  readonly #waiting = new Map<number, AbortController>()

  constructor(private readonly recording: Case<RegulatorStep>) {
    const Worker = definePool({
      handleCall: async (id: number) => {
        this.#waiting.delete(id)
        this.#told.push(['go', id])
        const crash = await new Promise<boolean>((resolve) => this.#running.set(id, resolve))
        if (crash) throw new Error(`task ${id} died`)
        return noReply()
      },
    })
    this.#pool = spawnPool(this.#system, Worker, 'regulated', {
      size: MEMBERS,
      timeout: Infinity,
      clock: this.#clock,
      broker: { budget: false, ...optionsOf(this.recording.spec).broker },
      concurrency: optionsOf(this.recording.spec).concurrency,
    }) as never
  }

  /** Returns how many steps could be held against the recording. */
  async play(): Promise<number> {
    let played = 0
    for (const [index, step] of this.recording.steps.entries()) {
      if (step.op === 'config' && !isOpen(step.spec)) break
      await this.#clock.advance(0.001)
      this.#told = []
      this.#play(step)
      await this.#clock.advance(0.001)
      const { replies, len, size } = step.result
      const { waiting, members } = inspect(this.#pool)
      const at = `seed ${this.recording.seed}, step ${index} (${step.op} ${step.id})`
      const expected = isRefused(step) ? [] : replies.filter(([kind, id]) => kind !== 'await' && typeof id === 'number')
      expect({ at, told: this.#told, waiting, running: members.busy }).toEqual({
        at,
        told: expected,
        waiting: len,
        running: size,
      })
      played++
    }
    stop(this.#system)
    await this.#clock.advance(1)
    return played
  }

  #play(step: RegulatorStep): void {
    const { op, id } = step
    switch (op) {
      case 'nb_ask':
        // A caller of a pool that does not want to wait does not ask.
        if (!isRefused(step)) this.#ask(id)
        return
      case 'ask':
      case 'dynamic_ask':
        return this.#ask(id)
      case 'done':
        return this.#end(id, false)
      case 'continue':
        // A member that goes on with another message has ended one; a task goes on unless it is told to stop.
        if (step.result.replies.some(([kind, what]) => kind === 'reply' && what === 'stop')) this.#end(id, false)
        return
      case 'die':
        return this.#running.has(id) ? this.#end(id, true) : this.#waiting.get(id)?.abort()
      case 'cancel':
        expect(step.result.cancelled).toBe(this.#waiting.has(id) ? 1 : false)
        this.#waiting.get(id)?.abort()
        return
      case 'update':
        return
      case 'config':
        return void configure(this.#pool, optionsOf(step.spec) as never)
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  #ask(id: number): void {
    const controller = new AbortController()
    this.#waiting.set(id, controller)
    call(this.#pool as never, id as never, { signal: controller.signal }).catch((error: { code: string }) => {
      this.#waiting.delete(id)
      if (error.code === 'ERR_GENPOOL_DROPPED') this.#told.push(['drop', id])
    })
  }

  #end(id: number, crash: boolean): void {
    this.#running.get(id)?.(crash)
    this.#running.delete(id)
  }
}

function isRefused({ op, id, result }: RegulatorStep): boolean {
  return op === 'nb_ask' && result.replies.some(([kind, who]) => kind === 'drop' && who === id)
}

export function isOpen(spec: unknown): boolean {
  return (spec as Spec).valve.module === 'open'
}

function optionsOf(spec: unknown): { concurrency: number; broker: object } {
  const { queue, valve } = spec as Spec
  const { out = 'out', drop = 'drop_r', ...rest } = queue.args
  const numbers = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, finite(value)]))
  const client = {
    type: queue.module,
    order: out === 'out' ? 'fifo' : 'lifo',
    dropFrom: drop === 'drop' ? 'head' : 'tail',
    ...numbers,
  }
  return { concurrency: (finite(valve.args['max']) ?? Infinity) as number, broker: { client } }
}
