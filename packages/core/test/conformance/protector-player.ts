import { call, configure, definePool, inspect, noReply, type PoolRef, spawnPool } from '@genpool/core'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { type Case, finite, type Step } from './recorded'

interface Bounds {
  readonly min?: number
  readonly max?: unknown
}

export interface ProtectorStep extends Step<'go' | 'drop'>, Bounds {
  readonly len: number
  /** The probability for requests, 0 or 1. */
  readonly ask?: number
}

/** A wait, in milliseconds, after which PIE is certain. */
const AGES = 30_000_000

/**
 * Has a real pool with PIE at its door live through a recording of the protector.
 *
 * The recorded lengths are made by requests that wait, the probability 1 by two of them that waited for ages. Members are never
 * refused, so only requests are compared. The protector counts those that it has refused until it is told the length again; a
 * pool always tells it, so the queue is made as long as the protector believes it to be.
 */
export class ProtectorPlayer {
  readonly #clock: VirtualClock = virtualClock()
  readonly #system: ActorSystemRef = start()
  readonly #pool: PoolRef
  #bounds: { min: number; max: number }
  #finish: () => void = () => undefined
  readonly #waiting: AbortController[] = []

  constructor(private readonly recording: Case<ProtectorStep> & Bounds) {
    this.#bounds = toBounds(recording)
    const Worker = definePool({
      handleCall: async () => {
        await new Promise<void>((resolve) => (this.#finish = resolve))
        return noReply()
      },
    })
    this.#pool = spawnPool(this.#system, Worker, 'protected', {
      size: 1,
      timeout: Infinity,
      clock: this.#clock,
      // Chance lets everybody through: only a probability of 1 refuses.
      random: () => 1 - 2 ** -53,
      broker: { budget: false },
    }) as never
  }

  /** Returns how many requests were held against the recording. */
  async play(): Promise<number> {
    let compared = 0
    this.#send()
    await this.#clock.settle()
    this.#waiting.length = 0
    await this.#setProbability(0)
    for (const [index, step] of this.recording.steps.entries()) {
      if (step.op === 'change') this.#bounds = toBounds(step)
      if (step.op === 'change' || step.op === 'update') await this.#setProbability(step.ask!)
      if (step.op !== 'ask') continue
      this.#setLength(step.len - 1)
      this.#configure(this.#bounds)
      const before = inspect(this.#pool).waiting
      this.#send()
      const { waiting } = inspect(this.#pool)
      const at = `seed ${this.recording.seed}, step ${index}`
      expect({ at, before, result: waiting > before ? 'go' : 'drop' }).toEqual({
        at,
        before: step.len - 1,
        result: step.result,
      })
      if (waiting === before) this.#waiting.pop()
      compared++
    }
    stop(this.#system)
    await this.#clock.settle()
    return compared
  }

  async #setProbability(probability: number): Promise<void> {
    this.#setLength(0)
    configure(this.#pool, { broker: { admission: 'none' } })
    if (probability === 1) {
      this.#setLength(2)
      this.#configure({ min: 1e9, max: Infinity })
      for (let i = 0; i < 2; i++) {
        await this.#clock.advance(AGES)
        this.#finish()
        await this.#clock.settle()
      }
      this.#waiting.length = 0
    } else this.#configure({ min: 1e9, max: Infinity })
  }

  #configure(bounds: { min: number; max: number }): void {
    const admission = { type: 'pie', target: 1, interval: 1, update: 1, ...bounds } as const
    configure(this.#pool, { broker: { admission } })
  }

  #setLength(length: number): void {
    if (this.#waiting.length < length) this.#configure({ min: 1e9, max: Infinity })
    while (this.#waiting.length < length) this.#send()
    while (this.#waiting.length > length) this.#waiting.pop()?.abort()
  }

  #send(): void {
    const controller = new AbortController()
    this.#waiting.push(controller)
    call(this.#pool as never, 'work' as never, { signal: controller.signal }).catch(() => undefined)
  }
}

function toBounds({ min = 0, max = Infinity }: Bounds): { min: number; max: number } {
  return { min, max: finite(max) as number }
}
