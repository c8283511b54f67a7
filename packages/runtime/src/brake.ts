import { systemClock } from './clock'
import { type Runnable, Turn } from './turn'

/** How many failures of one turn of the event loop are told at once. */
const AT_ONCE = 1000

/**
 * Tells callers that something failed: at once, but of more than a thousand in one turn of the event loop the rest at its end.
 *
 * A caller that tries again as soon as it is refused goes round in microtasks. Node would do nothing else any more: no timer would
 * run and no handler end, so it would be refused for ever.
 */
export class Brake<V> implements Runnable {
  #told = 0
  #later: [tell: (value: V) => void, value: V][] = []

  static readonly #brakes = new WeakMap<Turn, Brake<unknown>>()

  constructor(private readonly turn: Turn) {}

  /** The brake of all that fails on one clock and has no brake of its own: the same object each time. */
  static of(turn: Turn): Brake<unknown> {
    let brake = Brake.#brakes.get(turn)
    if (brake === undefined) Brake.#brakes.set(turn, (brake = new Brake(turn)))
    return brake
  }

  tell(tell: (value: V) => void, value: V): void {
    if (this.#told++ === 0) this.turn.touch(this)
    if (this.#told <= AT_ONCE) tell(value)
    else this.#later.push([tell, value])
  }

  run(): void {
    // It has work at the end of a turn only.
  }

  rest(): void {
    const later = this.#later
    this.#later = []
    this.#told = 0
    for (const [tell, value] of later) tell(value)
  }
}

/** A promise that rejects with `error`, as soon as the brake lets it. */
export function refused(error: unknown): Promise<never> {
  return new Promise((_, reject) => refuse(reject, error))
}

/** Rejects a promise with `error`, as soon as the brake lets it. */
export function refuse(reject: (error: unknown) => void, error: unknown): void {
  Brake.of(Turn.of(systemClock)).tell(reject, error)
}
