import type { Listener } from './ports'

/** The listeners that want one event. */
type Wanting<K extends keyof Listener> = readonly (Listener & Required<Pick<Listener, K>>)[]

const NONE: never[] = []

/** Who is told what happens in a pool, by event. `telling.x` are the listeners that have a method `x`. */
export class Listeners {
  readonly #attached = new Set<Listener>()
  /** Made anew when a listener comes or goes, so that telling looks nothing up. */
  telling = new Telling([])

  attach(listener: Listener): void {
    this.#attached.add(listener)
    this.telling = new Telling([...this.#attached])
  }

  detach(listener: Listener): void {
    if (this.#attached.delete(listener)) this.telling = new Telling([...this.#attached])
  }
}

class Telling {
  readonly requestSettled
  readonly requestDropped
  readonly letterDied
  readonly handlerStarted
  readonly handlerReran
  readonly runFinished
  readonly runBroke
  readonly memberStarted
  readonly memberCrashed
  readonly memberAbandoned
  readonly memberEnded
  readonly startFailed
  readonly matched
  readonly beforeCommits
  readonly stateReady
  readonly turnEnded
  readonly sizeChanged
  readonly poolStarted
  readonly poolReady
  readonly poolDraining
  readonly poolStopped
  readonly configured

  constructor(listeners: readonly Listener[]) {
    const wanting = <K extends keyof Listener>(event: K): Wanting<K> => {
      const found = listeners.filter((listener) => listener[event] !== undefined)
      return found.length === 0 ? NONE : (found as unknown as Wanting<K>)
    }
    this.requestSettled = wanting('requestSettled')
    this.requestDropped = wanting('requestDropped')
    this.letterDied = wanting('letterDied')
    this.handlerStarted = wanting('handlerStarted')
    this.handlerReran = wanting('handlerReran')
    this.runFinished = wanting('runFinished')
    this.runBroke = wanting('runBroke')
    this.memberStarted = wanting('memberStarted')
    this.memberCrashed = wanting('memberCrashed')
    this.memberAbandoned = wanting('memberAbandoned')
    this.memberEnded = wanting('memberEnded')
    this.startFailed = wanting('startFailed')
    this.matched = wanting('matched')
    this.beforeCommits = wanting('beforeCommits')
    this.stateReady = wanting('stateReady')
    this.turnEnded = wanting('turnEnded')
    this.sizeChanged = wanting('sizeChanged')
    this.poolStarted = wanting('poolStarted')
    this.poolReady = wanting('poolReady')
    this.poolDraining = wanting('poolDraining')
    this.poolStopped = wanting('poolStopped')
    this.configured = wanting('configured')
  }
}
