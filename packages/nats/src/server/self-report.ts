import { load, type PoolRef } from '@genpool/core'
import { haltedOf, messageTypesOf, openingsOf } from '@genpool/core/elsewhere'
import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { RunTimes } from '../nodes/run-times'
import type { Said } from '../nodes/said'
import { textOfTypes, typeIn } from '../nodes/served-types'
import { VERSION } from '../version'
import { HeldBack } from './held-back'
import { storeTrouble } from './store-trouble'

/** What the parts of a node know now. */
interface NodeFacts {
  readonly settings: { readonly every: number; readonly release?: string | undefined }
  /** How many requests the node works on. */
  readonly running: number
  readonly epoch: number
  /** How often it has given messages of keys back. */
  readonly returns: number
  readonly isLeaving: boolean
  /** The beginnings of the inboxes to which it may not publish. */
  readonly muteFor: readonly string[]
}

/** Makes what a node says of itself: the load of its pool, what it serves, and what holds it up. */
export class SelfReport {
  readonly #startedAt: Nanos
  readonly #runTimes = new RunTimes()
  readonly #heldBack: HeldBack
  /** What the pool has handlers for, once that is known: it does not change. */
  #types: string | undefined

  constructor(
    private readonly id: string,
    private readonly pool: PoolRef,
    private readonly clock: Clock,
  ) {
    this.#startedAt = clock.now()
    this.#heldBack = new HeldBack(pool, clock)
  }

  /** A handler ran for `ns`. */
  ran(message: unknown, ns: Nanos): void {
    this.#runTimes.record(typeIn(message) ?? '', ns, this.clock.now())
  }

  /** What the node says now. */
  said({ settings, running, epoch, returns, isLeaving, muteFor }: NodeFacts): Said {
    const { id, pool, clock } = this
    const { size, idle, waiting, busy, oldestWaitMs, runMs, runP99Ms, phase } = load(pool)
    this.#types ??= textOfTypes(messageTypesOf(pool))
    return {
      id,
      version: VERSION,
      size,
      idle,
      waiting,
      inHand: Math.max(busy + waiting, running),
      oldestWaitMs,
      runMs,
      runP99Ms,
      runs: this.#runTimes.lately(clock.now()),
      upMs: (clock.now() - this.#startedAt) / NS_PER_MS,
      everyMs: settings.every,
      epoch,
      returns,
      leaving: isLeaving || phase === 'stopped' || phase === 'draining',
      halted: haltedOf(pool),
      openings: openingsOf(pool),
      types: this.#types,
      muteFor,
      release: settings.release,
      store: storeTrouble(pool),
      heldBack: this.#heldBack.by({ idle, waiting }),
    }
  }
}
