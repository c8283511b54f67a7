import { call, configure, definePool, type PoolRef, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import type { Case, Step } from './recorded'

export interface PieStep extends Step<{ readonly ask: number }> {
  readonly queueDelay: number
  readonly relativeTime: number
}

/** The greatest number in [0, 1). */
const ALMOST_ONE = 1 - 2 ** -53
const justBelow = (probability: number): number => probability * (1 - 2 ** -52)
/** While so many wait, nobody is refused, whatever PIE says. */
const MANY = 1e9

/**
 * Has a real pool of one member live through a recording of the PIE meter.
 *
 * Each recorded update is the match of a request that has waited for just so long. The waits of a recording are not those of a
 * queue, so the next request to be matched is the most urgent one. The probability is seen from outside: a newcomer is refused by
 * chance if and only if the random number is below it.
 */
export class PiePlayer {
  readonly #clock: VirtualClock
  readonly #system: ActorSystemRef = start()
  readonly #pool: PoolRef
  #chance = ALMOST_ONE
  #probability = 0
  #options: Record<string, unknown> = {}
  #finish: () => void = () => undefined
  /** How many updates could be held against the recording. */
  compared = 0

  constructor(private readonly recording: Case<PieStep>) {
    const sends = recording.steps.filter(isUpdate).map(sentAt)
    this.#clock = virtualClock(Math.floor(Math.min(recording.init.time, ...sends) / NS_PER_MS) - 1)
    const Worker = definePool({
      calls: {
        work: async () => {
          await new Promise<void>((resolve) => (this.#finish = resolve))
          return reply(true)
        },
      },
    })
    this.#pool = spawnPool(this.#system, Worker, 'pie', {
      size: 1,
      timeout: Infinity,
      clock: this.#clock,
      random: () => this.#chance,
      broker: { budget: false, client: { type: 'drop', order: 'fifo' } },
    })
  }

  async play(): Promise<void> {
    const { init, steps, spec } = this.recording
    const sends = steps.filter(isUpdate).map((step, place) => ({ at: sentAt(step), place }))
    sends.sort((a, b) => a.at - b.at || a.place - b.place)
    const sendUntil = async (time: number): Promise<void> => {
      while (sends[0] !== undefined && sends[0].at <= time) {
        await this.#moveTo(sends[0].at)
        await this.#send(sends.shift()!.place)
      }
      await this.#moveTo(time)
    }
    void this.#call(MANY)
    await this.#clock.settle()
    await sendUntil(init.time)
    this.#configure(spec)
    for (const [index, step] of steps.entries()) {
      await sendUntil(step.time)
      if (isUpdate(step)) {
        this.#finish()
        await this.#clock.settle()
      } else this.#configure(step.spec)
      this.#probability = step.result.ask
      await this.#see(step.result.ask, `seed ${this.recording.seed}, step ${index}`)
    }
    stop(this.#system)
    await this.#clock.settle()
  }

  async #moveTo(time: number): Promise<void> {
    if (time <= this.#clock.now()) return
    await this.#clock.advance((time - this.#clock.now()) / NS_PER_MS)
    if (this.#clock.now() !== time) throw new Error('the clock is not exact')
  }

  #call(priority: number, signal?: AbortSignal): Promise<unknown> {
    const options = signal === undefined ? { priority } : { priority, signal }
    return call(this.#pool, { type: 'work' } as never, options).catch(
      (error: { reason?: string; code: string }) => error.reason ?? error.code,
    )
  }

  /** One that will wait, though PIE may refuse everybody now. */
  async #send(place: number): Promise<void> {
    if (this.#probability === 1) this.#configure(undefined, MANY)
    void this.#call(-place)
    if (this.#probability === 1) this.#configure(undefined)
  }

  #configure(spec: unknown, min = 0): void {
    if (spec !== undefined) {
      const { ask = {}, update = 100 } = spec as { ask?: { target?: number; interval?: number }; update?: number }
      const { target = 100, interval = 1000 } = ask
      this.#options = { type: 'pie', target, interval, update }
    }
    configure(this.#pool, { broker: { admission: { ...this.#options, min } as never } })
  }

  async #see(probability: number, place: string): Promise<void> {
    this.compared++
    const seen = [
      probability > 0 ? await this.#probe(justBelow(probability)) : 'refused',
      probability < 1 ? await this.#probe(probability) : 'waits',
    ]
    const at = `${place}: PIE at ${probability}`
    expect([at, ...seen]).toEqual([at, 'refused', 'waits'])
  }

  /** What becomes of a newcomer if chance says this. */
  async #probe(chance: number): Promise<'refused' | 'waits'> {
    this.#chance = chance
    const controller = new AbortController()
    const outcome = this.#call(-MANY, controller.signal)
    this.#chance = ALMOST_ONE
    controller.abort()
    return (await outcome) === 'protector' ? 'refused' : 'waits'
  }
}

function isUpdate(step: PieStep): boolean {
  return step.op === 'update'
}

/** When a request has to be sent to have waited for as long as the update says. */
function sentAt({ time, queueDelay, relativeTime }: PieStep): number {
  return time - queueDelay - Math.max(0, relativeTime)
}
