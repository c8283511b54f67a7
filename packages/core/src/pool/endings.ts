import { type Clock, NS_PER_MS, type Nanos, round } from '@genpool/runtime'
import { titleOf } from '../requests/callback-title'
import { eventually } from '../behaviours/eventually'
import type { Callbacks } from './callbacks'
import type { LiveSettings } from './settings'
import { type Pending, TimeLimit, type TimeLimitPorts } from './time-limit'

/** What endings need of the pool. */
export interface EndingsPorts {
  readonly name: string
  readonly clock: Clock
  readonly settings: LiveSettings
  readonly callbacks: Callbacks
}

/** Who waits for endings. */
export interface EndingsOwner {
  /** Whether a drain waits for them. */
  readonly isDrainAwaited: boolean
  /** One has returned, or has taken too long. */
  released(): void
}

/** A `terminate` that has not returned. */
class Ending implements Pending {
  /** Whether it has returned, or has taken too long. */
  settled = false
  reported = false

  constructor(
    readonly member: string,
    readonly since: Nanos,
    /** Nobody waits for it any longer. */
    readonly hurry: (() => void) | undefined,
  ) {}
}

/** The `terminate` calls of members that have ended. The pool waits for each, up to a time limit. */
export class Endings implements TimeLimitPorts<Ending> {
  /** How many have not returned. */
  count = 0
  /** Made with the first one that is not done at once. */
  #limit: TimeLimit<Ending> | null = null

  constructor(
    private readonly pool: EndingsPorts,
    private readonly owner: EndingsOwner,
  ) {}

  get clock(): Clock {
    return this.pool.clock
  }

  limitMs(): number {
    return this.pool.settings.current.terminateTimeout
  }

  holds(): boolean {
    return this.owner.isDrainAwaited
  }

  overdue(ending: Ending): void {
    this.#report(ending, 'terminateTimeout')
    this.#settle(ending)
    ending.hurry?.()
  }

  /** Lets a member release what it has opened. Sets no timer if that is synchronous. */
  begin(member: string, end: () => unknown, hurry?: () => void): void {
    const ending = new Ending(member, this.pool.clock.now(), hurry)
    this.count++
    eventually(
      end,
      () => this.#settle(ending),
      (error) => {
        this.pool.callbacks.report(error, titleOf('terminate', this.pool.name))
        this.#settle(ending)
      },
    )
    if (ending.settled) return
    this.#limit ??= new TimeLimit<Ending>(this)
    this.#limit.add(ending)
  }

  #settle(ending: Ending): void {
    if (ending.settled) return
    ending.settled = true
    this.#limit?.remove(ending)
    this.count--
    this.owner.released()
  }

  /** Reports those that have not returned: the time limit of a drain has passed. */
  reportAll(): void {
    for (const ending of this.#limit?.all ?? []) this.#report(ending, 'within')
  }

  /** The time of a drain is over. */
  hurry(): void {
    for (const ending of this.#limit?.all ?? []) ending.hurry?.()
  }

  /** @param limit the option that ended the wait */
  #report(ending: Ending, limit: 'terminateTimeout' | 'within'): void {
    if (ending.reported) return
    ending.reported = true
    const { name, clock, callbacks } = this.pool
    const ms = round((clock.now() - ending.since) / NS_PER_MS)
    callbacks.report(
      new Error(
        `terminate of "${ending.member}" of pool "${name}" has not returned ` +
          (limit === 'within'
            ? `when the time of drain(pool, { within }) was over, ${ms} ms after it began, `
            : `for ${ms} ms, `) +
          'and is not waited for any longer: what it should release may still be open. Give what it waits for a time ' +
          `limit of its own, or raise "${limit}".`,
      ),
      `A member of pool "${name}" has not released what it opened.`,
    )
  }

  /** Options have changed. */
  settingsChanged(): void {
    this.#limit?.changed()
  }

  /** A drain has begun to wait. */
  rest(): void {
    this.#limit?.rest()
  }
}
