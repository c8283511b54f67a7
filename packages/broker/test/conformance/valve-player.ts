import { type Valve } from '../../src'
import { type Case, type Player, type Step } from './recordings'

type Make<O> = (options: O, now: number, tasks: readonly number[]) => Valve<number>

/** Plays the recordings of a valve. */
export class ValvePlayer<O> implements Player {
  #valve!: Valve<number>

  constructor(
    private readonly make: Make<O>,
    private readonly options: (spec: unknown) => O,
  ) {}

  begin({ spec, init }: Case): unknown {
    this.#valve = this.make(this.options(spec), init?.time as number, init?.['ids'] as number[])
    return this.#observe()
  }

  step(step: Step): unknown {
    return { ...this.#play(step), ...this.#observe() }
  }

  #play({ op, time, ...rest }: Step): object {
    const id = rest['id'] as number
    switch (op) {
      case 'ask':
        return { result: 'go', open: this.#valve.ask(id, time) }
      case 'done':
        return { result: this.#valve.done(id, time) ? 'done' : 'error' }
      case 'continue': {
        const continuation = this.#valve.continue(id, time)
        if (continuation.result === 'go') return { result: 'go', open: continuation.since }
        return { result: continuation.result === 'done' ? 'done' : 'error' }
      }
      case 'update':
        this.#valve.update(rest['value'] as number, time)
        return {}
      case 'timeout':
        this.#valve.timeout(time)
        return {}
      case 'down':
        this.#valve.done(id, time)
        return {}
      case 'config':
        this.#valve.configure(this.options(rest['spec']), time)
        return {}
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  #observe(): object {
    const { open, openAt, wakeAt } = this.#valve.status
    return { status: open ? 'open' : 'closed', size: this.#valve.size, next: wakeAt, openTime: openAt }
  }
}
