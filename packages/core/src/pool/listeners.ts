import type { Listener } from './ports'

/** The listeners that want one event. */
type Wanting<K extends keyof Listener> = readonly (Listener & Required<Pick<Listener, K>>)[]

const NONE: never[] = []

/** Who is told what happens in a pool, by event: `listeners.x` are the listeners that have a method `x`. */
export class Listeners {
  readonly #attached = new Set<Listener>()
  requestSettled: Wanting<'requestSettled'> = NONE
  requestDropped: Wanting<'requestDropped'> = NONE
  letterDied: Wanting<'letterDied'> = NONE
  handlerStarted: Wanting<'handlerStarted'> = NONE
  handlerReran: Wanting<'handlerReran'> = NONE
  runFinished: Wanting<'runFinished'> = NONE
  runBroke: Wanting<'runBroke'> = NONE
  memberStarted: Wanting<'memberStarted'> = NONE
  memberCrashed: Wanting<'memberCrashed'> = NONE
  memberAbandoned: Wanting<'memberAbandoned'> = NONE
  memberEnded: Wanting<'memberEnded'> = NONE
  startFailed: Wanting<'startFailed'> = NONE
  matched: Wanting<'matched'> = NONE
  beforeCommits: Wanting<'beforeCommits'> = NONE
  stateReady: Wanting<'stateReady'> = NONE
  turnEnded: Wanting<'turnEnded'> = NONE
  sizeChanged: Wanting<'sizeChanged'> = NONE
  poolStarted: Wanting<'poolStarted'> = NONE
  poolReady: Wanting<'poolReady'> = NONE
  poolDraining: Wanting<'poolDraining'> = NONE
  poolStopped: Wanting<'poolStopped'> = NONE
  configured: Wanting<'configured'> = NONE

  attach(listener: Listener): void {
    this.#attached.add(listener)
    this.#sort()
  }

  detach(listener: Listener): void {
    if (this.#attached.delete(listener)) this.#sort()
  }

  /** Done when a listener comes or goes, so that telling looks nothing up. */
  #sort(): void {
    this.requestSettled = this.#wanting('requestSettled')
    this.requestDropped = this.#wanting('requestDropped')
    this.letterDied = this.#wanting('letterDied')
    this.handlerStarted = this.#wanting('handlerStarted')
    this.handlerReran = this.#wanting('handlerReran')
    this.runFinished = this.#wanting('runFinished')
    this.runBroke = this.#wanting('runBroke')
    this.memberStarted = this.#wanting('memberStarted')
    this.memberCrashed = this.#wanting('memberCrashed')
    this.memberAbandoned = this.#wanting('memberAbandoned')
    this.memberEnded = this.#wanting('memberEnded')
    this.startFailed = this.#wanting('startFailed')
    this.matched = this.#wanting('matched')
    this.beforeCommits = this.#wanting('beforeCommits')
    this.stateReady = this.#wanting('stateReady')
    this.turnEnded = this.#wanting('turnEnded')
    this.sizeChanged = this.#wanting('sizeChanged')
    this.poolStarted = this.#wanting('poolStarted')
    this.poolReady = this.#wanting('poolReady')
    this.poolDraining = this.#wanting('poolDraining')
    this.poolStopped = this.#wanting('poolStopped')
    this.configured = this.#wanting('configured')
  }

  #wanting<K extends keyof Listener>(event: K): Wanting<K> {
    const found = [...this.#attached].filter((listener) => listener[event] !== undefined)
    return found.length === 0 ? NONE : (found as unknown as Wanting<K>)
  }
}
