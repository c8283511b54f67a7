import { type Queue } from '../../src'
import { type Case, type Player, type Step } from './recordings'
import { type RecordedRequest, type Request, toRequest } from './requests'

type Make<O> = (options: O, now: number, items: readonly Request[]) => Queue<Request>

/** Plays the recordings of a queue. */
export class QueuePlayer<O> implements Player {
  #queue!: Queue<Request>
  readonly #requests = new Map<number, Request>()

  constructor(
    private readonly make: Make<O>,
    private readonly options: (spec: unknown) => O,
  ) {}

  begin({ spec, init }: Case): unknown {
    const items = (init?.['items'] as RecordedRequest[]).map((item) => this.#remember(item))
    this.#queue = this.make(this.options(spec), init?.time as number, items)
    return this.#observe()
  }

  step(step: Step): unknown {
    const { op, time } = step
    switch (op) {
      case 'in':
        this.#queue.enqueue(this.#remember(step as unknown as RecordedRequest), time)
        return this.#observe()
      case 'out': {
        const found = this.#queue.dequeue(time)
        if (found === null) return { out: null, ...this.#observe(), next: undefined }
        return { out: { id: found.id, send: found.sentAt }, ...this.#observe() }
      }
      case 'timeout':
        this.#queue.timeout(time)
        return this.#observe()
      case 'cancel': {
        const count = this.#queue.cancel(step['tag'], time)
        return { cancelled: count === 0 ? false : count, ...this.#observe() }
      }
      case 'down':
        this.#queue.remove(this.#requests.get(step['id'] as number) ?? toRequest({ id: 0, tag: 0, send: 0 }), time)
        return this.#observe()
      case 'config':
        this.#queue.configure(this.options(step['spec']), time)
        return this.#observe()
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  end(): readonly number[] {
    return [...this.#queue].map((request) => request.id)
  }

  #remember(recorded: RecordedRequest): Request {
    const request = toRequest(recorded)
    this.#requests.set(recorded.id, request)
    return request
  }

  #observe(): Record<string, unknown> {
    const { dropped, wakeAt } = this.#queue.decision
    return {
      dropped: dropped.map(({ entry, sojourn }) => [entry.id, sojourn]),
      len: this.#queue.length,
      oldest: this.#queue.oldest(),
      next: wakeAt,
    }
  }
}
