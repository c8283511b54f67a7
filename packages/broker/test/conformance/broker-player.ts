import { type Broker, createBroker, type Drop } from '../../src'
import { type Case, type Player, type Step } from './recordings'
import { Request, toQueueOptions } from './requests'

type Module = { readonly module: string; readonly args: Record<string, unknown> }
type Reply = readonly unknown[]

/** Plays the recordings of the running broker: who is matched with whom. Time only has to pass. */
export class BrokerPlayer implements Player {
  #broker!: Broker<Request, Request>
  #now = 0
  #replies: Reply[] = []
  readonly #requests = new Map<unknown, Request>()
  readonly #dead = new Set<Request>()

  begin({ spec }: Case): unknown {
    this.#broker = createBroker<Request, Request>(toBrokerOptions(spec), this.#now, {
      isAlive: (request) => !this.#dead.has(request),
    })
    return undefined
  }

  step(step: Step): unknown {
    this.#now += 1000
    this.#replies = []
    const cancelled = this.#play(step)
    const { length, lengthR } = this.#broker
    return { replies: this.#replies, len: length, len_r: lengthR, ...cancelled }
  }

  #play(step: Step): object {
    switch (step.op) {
      case 'cancel': {
        const count = this.#broker.cancel(step['id'], this.#now)
        this.#reportDrops(true)
        return { cancelled: count === 0 ? false : count }
      }
      case 'die':
        this.#die(step['id'])
        break
      case 'race':
        this.#dead.add(this.#requests.get(step['id']) as Request)
        this.#ask(step['request'] as Step)
        this.#die(step['id'])
        break
      case 'config':
        this.#broker.configure(toBrokerOptions(step['spec']), this.#now)
        this.#reportDrops(true)
        break
      default:
        this.#ask(step)
    }
    return {}
  }

  #die(id: unknown): void {
    const request = this.#requests.get(id) as Request
    this.#dead.add(request)
    this.#broker.remove(request, this.#now)
    this.#reportDrops(true)
  }

  #ask(step: Step): void {
    const id = step['id'] as number
    const request = new Request(id, this.#now)
    request.tag = id
    this.#requests.set(id, request)
    const isAsk = !step.op.endsWith('_r')
    const other = this.#offer(step.op, request)
    if (other === null) {
      // Whoever waited on the other side was dropped before the newcomer was looked at.
      if (step.op.startsWith('dynamic')) this.#reply('await', id)
      this.#reportDrops(!isAsk)
      return
    }
    this.#reportDrops(!isAsk)
    const [ask, askR] = isAsk ? [request, other] : [other, request]
    this.#reply('go', askR.id, ask.id)
    this.#reply('go', ask.id, askR.id)
  }

  #offer(op: string, request: Request): Request | null {
    switch (op) {
      case 'ask':
      case 'dynamic_ask':
        return this.#broker.ask(request, this.#now)
      case 'ask_r':
      case 'dynamic_ask_r':
        return this.#broker.askR(request, this.#now)
      case 'nb_ask':
        return this.#broker.nbAsk(request, this.#now)
      case 'nb_ask_r':
        return this.#broker.nbAskR(request, this.#now)
      default:
        throw new Error(`unknown operation ${op}`)
    }
  }

  #reportDrops(asksFirst: boolean): void {
    const { dropped, droppedR } = this.#broker.decision
    const inOrder: readonly Drop<Request>[] = asksFirst ? [...dropped, ...droppedR] : [...droppedR, ...dropped]
    for (const { entry } of inOrder) this.#reply('drop', entry.id)
  }

  #reply(kind: string, id: number, ...more: unknown[]): void {
    this.#replies.push([kind, id, ...more])
  }
}

function toBrokerOptions(spec: unknown): object {
  const { ask, ask_r: askR } = spec as { ask: Module; ask_r: Module }
  return { client: toQueueOptions(ask.module, ask.args), member: toQueueOptions(askR.module, askR.args) }
}
