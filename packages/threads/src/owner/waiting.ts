import { NS_PER_MS, systemClock } from '@genpool/runtime'
import { availableParallelism } from 'node:os'
import { Awake } from '../protocol/awake'

const CORES = availableParallelism()

/** How many threads of this process have work. */
let busyThreads = 0

/** How this thread waits for another: awake for a moment, unless all cores are at work. */
export class Waiting {
  readonly #awake: Awake
  #isBusy = false
  /** Whether the other thread waits for a third one, and takes no core. */
  #isHeldUp = false

  constructor(stayAwake: number) {
    this.#awake = new Awake(systemClock, stayAwake * NS_PER_MS)
  }

  /** The other thread has work, and is to say what comes of it. */
  begin(): void {
    if (!this.#isBusy) {
      this.#isBusy = true
      if (!this.#isHeldUp) busyThreads++
    }
    // If all of them work, this thread would take a core from one of them.
    if (busyThreads < CORES && !this.#isHeldUp) this.#awake.wait()
  }

  /** The other thread can go on only when a third one has done something, or can go on again. */
  holdUp(isHeldUp: boolean): void {
    if (this.#isHeldUp === isHeldUp) return
    this.#isHeldUp = isHeldUp
    if (this.#isBusy) busyThreads += isHeldUp ? -1 : 1
  }

  heard(): void {
    this.#awake.heard()
  }

  /** The other thread has no work. */
  end(): void {
    if (!this.#isBusy) return
    this.#isBusy = false
    if (!this.#isHeldUp) busyThreads--
  }
}
