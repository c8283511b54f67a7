import type { GenPoolError } from '@genpool/runtime'
import type { Outcome } from '../requests/outcome'
import type { RequestFacts } from '../requests/request-facts'
import type { Listener } from './ports'

/** The listeners that want one event. */
type Wanting<K extends keyof Listener> = readonly (Listener & Required<Pick<Listener, K>>)[]

const NONE: never[] = []

/** The events that come often. Their listeners are listed once, and not looked for each time. */
const OFTEN = [
  'requestSettled',
  'callerSettled',
  'requestDropped',
  'wantsHolds',
  'letterDied',
  'handlerStarted',
  'handlerReran',
  'runFinished',
  'runBroke',
  'matched',
  'beforeCommits',
  'turnEnded',
] as const satisfies readonly (keyof Listener)[]

/** Who is told what happens in a pool, by event: `listeners.x` are the listeners that have a method `x`. */
export class Listeners {
  requestSettled: Wanting<'requestSettled'> = NONE
  callerSettled: Wanting<'callerSettled'> = NONE
  requestDropped: Wanting<'requestDropped'> = NONE
  wantsHolds: Wanting<'wantsHolds'> = NONE
  letterDied: Wanting<'letterDied'> = NONE
  handlerStarted: Wanting<'handlerStarted'> = NONE
  handlerReran: Wanting<'handlerReran'> = NONE
  runFinished: Wanting<'runFinished'> = NONE
  runBroke: Wanting<'runBroke'> = NONE
  matched: Wanting<'matched'> = NONE
  beforeCommits: Wanting<'beforeCommits'> = NONE
  turnEnded: Wanting<'turnEnded'> = NONE
  /** Whether somebody is told of each match, or of the start or the end of each run. */
  watchRuns = false
  /** The only one that is told of each outcome; null if several are, or none. */
  private onlySettled: Wanting<'requestSettled'>[number] | null = null
  #all: readonly Listener[] = NONE

  /**
   * Tells of a request that has its outcome.
   *
   * Fast path: most pools have one such listener, and need no loop. With `InProcessPool.isExclusive`, saves 5 % of a call, one at a time.
   */
  tellSettled(request: RequestFacts, outcome: Outcome, error: GenPoolError | undefined): void {
    if (this.onlySettled !== null) return this.onlySettled.requestSettled(request, outcome, error)
    const { requestSettled } = this
    for (let i = 0; i < requestSettled.length; i++) requestSettled[i]?.requestSettled(request, outcome, error)
  }

  get backedOff(): Wanting<'backedOff'> {
    return wanting(this.#all, 'backedOff')
  }

  get requestHeld(): Wanting<'requestHeld'> {
    return wanting(this.#all, 'requestHeld')
  }

  get memberStarted(): Wanting<'memberStarted'> {
    return wanting(this.#all, 'memberStarted')
  }

  get memberCrashed(): Wanting<'memberCrashed'> {
    return wanting(this.#all, 'memberCrashed')
  }

  get memberAbandoned(): Wanting<'memberAbandoned'> {
    return wanting(this.#all, 'memberAbandoned')
  }

  get memberEnded(): Wanting<'memberEnded'> {
    return wanting(this.#all, 'memberEnded')
  }

  get startFailed(): Wanting<'startFailed'> {
    return wanting(this.#all, 'startFailed')
  }

  get stateReady(): Wanting<'stateReady'> {
    return wanting(this.#all, 'stateReady')
  }

  get sizeChanged(): Wanting<'sizeChanged'> {
    return wanting(this.#all, 'sizeChanged')
  }

  get poolStarted(): Wanting<'poolStarted'> {
    return wanting(this.#all, 'poolStarted')
  }

  get poolReady(): Wanting<'poolReady'> {
    return wanting(this.#all, 'poolReady')
  }

  get poolDraining(): Wanting<'poolDraining'> {
    return wanting(this.#all, 'poolDraining')
  }

  get poolStopped(): Wanting<'poolStopped'> {
    return wanting(this.#all, 'poolStopped')
  }

  get configured(): Wanting<'configured'> {
    return wanting(this.#all, 'configured')
  }

  attach(listener: Listener): void {
    if (this.#all.includes(listener)) return
    // One list for all events that nobody else listens to: most pools have a single listener.
    const alone = [listener]
    this.#all = this.#all === NONE ? alone : this.#all.concat(listener)
    for (const event of OFTEN) {
      if (listener[event] === undefined) continue
      const there: readonly Listener[] = this[event]
      this.set(event, there === NONE ? alone : there.concat(listener))
    }
  }

  detach(listener: Listener): void {
    const without = (list: readonly Listener[]): readonly Listener[] => list.filter((each) => each !== listener)
    this.#all = without(this.#all)
    for (const event of OFTEN) if (listener[event] !== undefined) this.set(event, without(this[event]))
  }

  private set(event: (typeof OFTEN)[number], listeners: readonly Listener[]): void {
    this[event] = (listeners.length === 0 ? NONE : listeners) as never
    this.onlySettled = this.requestSettled.length === 1 ? (this.requestSettled[0] ?? null) : null
    this.watchRuns = this.matched.length > 0 || this.handlerStarted.length > 0 || this.runFinished.length > 0
  }
}

function wanting<K extends keyof Listener>(all: readonly Listener[], event: K): Wanting<K> {
  return all.filter((listener): listener is Listener & Required<Pick<Listener, K>> => listener[event] !== undefined)
}
