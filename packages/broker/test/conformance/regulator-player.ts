import { createRegulator, type Regulator, type RegulatorOptions } from '../../src'
import { type Case, type Player, type Step } from './recordings'
import { Request, toQueueOptions, toValveOptions } from './requests'

type Reply = readonly unknown[]

/** Plays the recordings of the running regulator: a queue behind a valve. Time only has to pass. */
export class RegulatorPlayer implements Player {
  #regulator!: Regulator<Request>
  #now = 0
  #replies: Reply[] = []
  readonly #requests = new Map<unknown, Request>()
  readonly #dead = new Set<Request>()

  begin({ spec }: Case): unknown {
    this.#regulator = createRegulator<Request>(toRegulatorOptions(spec), this.#now, {
      isAlive: (request) => !this.#dead.has(request),
    })
    return undefined
  }

  step(step: Step): unknown {
    this.#now += 1000
    this.#replies = []
    const cancelled = this.#play(step)
    const { dropped, admitted } = this.#regulator.decision
    for (const { entry } of dropped) this.#replies.push(['drop', entry.id])
    for (const { entry } of admitted) this.#replies.push(['go', entry.id])
    return { replies: this.#replies, len: this.#regulator.length, size: this.#regulator.size, ...cancelled }
  }

  #play(step: Step): object {
    const request = this.#requests.get(step['id']) ?? new Request(0, 0)
    switch (step.op) {
      case 'ask':
      case 'dynamic_ask':
      case 'nb_ask':
        this.#ask(step)
        break
      case 'done':
        this.#replies.push(['reply', this.#regulator.done(request, this.#now) ? 'stop' : 'not_found'])
        break
      case 'continue': {
        const { result } = this.#regulator.continue(request, this.#now)
        this.#replies.push(['reply', result === 'go' ? 'go' : result === 'done' ? 'stop' : 'not_found'])
        break
      }
      case 'cancel': {
        const count = this.#regulator.cancel(step['id'], this.#now)
        return { cancelled: count === 0 ? false : count }
      }
      case 'die':
        this.#dead.add(request)
        this.#regulator.remove(request, this.#now)
        break
      case 'update':
        this.#regulator.update(step['value'] as number, this.#now)
        break
      case 'config':
        this.#regulator.configure(toRegulatorOptions(step['spec']), this.#now)
        break
      default:
        throw new Error(`unknown operation ${step.op}`)
    }
    return {}
  }

  #ask(step: Step): void {
    const id = step['id'] as number
    const request = new Request(id, this.#now)
    request.tag = id
    this.#requests.set(id, request)
    const since =
      step.op === 'nb_ask' ? this.#regulator.nbAsk(request, this.#now) : this.#regulator.ask(request, this.#now)
    if (since !== null) this.#replies.push(['go', id])
    else if (step.op === 'dynamic_ask') this.#replies.push(['await', id])
  }
}

function toRegulatorOptions(spec: unknown): RegulatorOptions {
  const { queue, valve } = spec as Record<'queue' | 'valve', { module: string; args: Record<string, unknown> }>
  return {
    queue: toQueueOptions(queue.module, queue.args),
    valve: { type: valve.module, ...toValveOptions(valve.args) },
  } as RegulatorOptions
}
