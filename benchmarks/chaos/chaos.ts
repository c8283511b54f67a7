import {
  call,
  cast,
  drain,
  getState,
  idle,
  inspect,
  type PoolOptions,
  ready,
  resize,
  spawnPool,
  watchDeadLetters,
} from '@genpool/core'
import { threads } from '@genpool/threads'
import type { ActorSystemRef } from 'nact'
import type Behaviour from './behaviour'
import type { Tally, Work } from './behaviour'
import { DeathCount, FORMS } from './deaths'
import { Ledger } from './ledger'

const TYPES = ['quick', 'quick', 'quick', 'reading', 'slow', 'holding'] as const
const OPTIONS = {
  size: 2,
  restart: { intensity: 100_000, backoff: { min: 1, max: 5 } },
  broker: { client: { type: 'drop', max: 400 } },
  // In the middle of all this, a thread whose heap has grown gives way to another one.
  recycle: { afterHeapMb: 50, jitter: 0 },
  poisonAfter: 1_000_000,
  stuckAfter: 1000,
  timeout: 30_000,
} satisfies PoolOptions
const LIMITS = { maxOldGenerationSizeMb: 80 }

type Message = Work & { readonly type: 'quick' }

function spawn(system: ActorSystemRef, state: 'shared' | 'isolated') {
  const behaviour = threads<typeof Behaviour>(require.resolve('./behaviour'), { spare: 1, resourceLimits: LIMITS })
  return spawnPool(system, behaviour, 'chaos', { ...OPTIONS, state } as never)
}

/** One of so many calls kills its thread. */
const DEADLY = 200
/** At most so many calls begin at once, every 2 ms or so, in a round with the highest load. */
const AT_ONCE = 10

/** A pool of threads that are killed at random, in all forms, at loads from low to more than it can serve. */
export class Chaos {
  readonly ledger = new Ledger()
  readonly deaths: DeathCount
  readonly #pool: ReturnType<typeof spawn>
  readonly #random: (below: number) => number

  constructor(
    system: ActorSystemRef,
    private readonly options: { readonly state: 'shared' | 'isolated'; readonly seed: number },
  ) {
    this.#pool = spawn(system, options.state)
    this.#random = randomOf(options.seed)
    this.deaths = new DeathCount(this.#pool as never)
    watchDeadLetters(this.#pool, ({ message, error }) => {
      const { type, id } = message as { readonly type: string; readonly id: number }
      if (type === 'cast' && !hasCommitted(error)) this.ledger.castLost(id)
    })
  }

  /**
   * Sends messages for so many milliseconds, waits until all is quiet, and compares what was told with the state. It begins with
   * the forms of death that have not occurred yet.
   */
  async round(ms: number): Promise<void> {
    await ready(this.#pool)
    const atOnce = 2 + this.#random(AT_ONCE)
    for (const form of this.deaths.missing) this.#call(form)
    for (const end = performance.now() + ms; performance.now() < end;) {
      for (let i = this.#random(atOnce); i > 0; i--) this.#callAny()
      if (this.#random(10) === 0) this.#cast()
      if (this.#random(60) === 0) resize(this.#pool, 1 + this.#random(3))
      await new Promise((resolve) => setTimeout(resolve, this.#random(4)))
    }
    resize(this.#pool, 2)
    await idle(this.#pool)
    this.ledger.compare(this.options.state === 'shared' ? (getState(this.#pool) as Tally) : null)
    await this.#forget()
  }

  /** What the pool says of its messages: each one that it accepted has one outcome, and nothing is left. */
  figures(): { readonly accepted: number; readonly settled: number; readonly left: number } {
    const { outcomes, accepted, waiting, members } = inspect(this.#pool)
    const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
    return { accepted, settled, left: waiting + members.busy }
  }

  /** Has one thread that has done nothing, and a spare one. What the last ones left in their heaps does not count then. */
  async rest(): Promise<void> {
    resize(this.#pool, 1)
    await call(this.#pool, { type: 'exit', id: 0, us: 0 }).catch(() => undefined)
    await idle(this.#pool)
    await this.#forget()
  }

  async end(): Promise<void> {
    await drain(this.#pool)
    this.deaths.close()
  }

  /** A thread that is about to die may take the message with it. */
  async #forget(): Promise<void> {
    try {
      await call(this.#pool, { type: 'forget', id: 0, us: 0 })
    } catch {
      await this.#forget()
    }
  }

  #callAny(): void {
    const dies = this.#random(DEADLY) === 0
    const grows = this.#random(60) === 0
    const type = dies ? this.#anyForm() : grows ? 'growing' : TYPES[this.#random(TYPES.length)]!
    const controller = new AbortController()
    const timeout = this.#random(20) === 0 ? 1 + this.#random(10) : OPTIONS.timeout
    this.#call(type, { timeout, signal: controller.signal })
    if (this.#random(25) === 0) setImmediate(() => controller.abort())
  }

  /** An endless loop takes a second of a thread, and its memory takes a while to fill: these two, the last, are rarer. */
  #anyForm(): string {
    return FORMS[this.#random(8) === 0 ? this.#random(FORMS.length) : this.#random(3)]!
  }

  #call(type: string, options: { readonly timeout?: number; readonly signal?: AbortSignal } = {}): void {
    const { ledger } = this
    const id = ledger.called()
    const message = { type, id, us: this.#random(300) } as Message
    void call(this.#pool, message, options).then(
      (value) => ledger.tell(id, { outcome: value === id ? 'answered' : 'wrong', committed: true }),
      (error: { readonly code: string }) => ledger.tell(id, { outcome: error.code, committed: hasCommitted(error) }),
    )
  }

  #cast(): void {
    const id = this.ledger.nextCast()
    if (cast(this.#pool, { type: 'cast', id, us: 0 }).ok) this.ledger.castAccepted()
  }
}

/** With a state in memory it is known: "maybe" does not occur. */
function hasCommitted(error: object): boolean {
  return 'committed' in error && error.committed === true
}

/** The same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % below
  }
}
