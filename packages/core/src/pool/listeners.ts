import type { Listener } from './ports'

/** The listeners that want one event. */
type Wanting<K extends keyof Listener> = readonly (Listener & Required<Pick<Listener, K>>)[]

const NONE: never[] = []

const EVENTS = [
  'requestSettled',
  'callerSettled',
  'requestDropped',
  'backedOff',
  'requestHeld',
  'wantsHolds',
  'letterDied',
  'handlerStarted',
  'handlerReran',
  'runFinished',
  'runBroke',
  'memberStarted',
  'memberCrashed',
  'memberAbandoned',
  'memberEnded',
  'startFailed',
  'matched',
  'beforeCommits',
  'stateReady',
  'turnEnded',
  'sizeChanged',
  'poolStarted',
  'poolReady',
  'poolDraining',
  'poolStopped',
  'configured',
] as const satisfies readonly (keyof Listener)[]

/** Who is told what happens in a pool, by event: `listeners.x` are the listeners that have a method `x`. */
export class Listeners {
  requestSettled: Wanting<'requestSettled'> = NONE
  callerSettled: Wanting<'callerSettled'> = NONE
  requestDropped: Wanting<'requestDropped'> = NONE
  backedOff: Wanting<'backedOff'> = NONE
  requestHeld: Wanting<'requestHeld'> = NONE
  wantsHolds: Wanting<'wantsHolds'> = NONE
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
    // One list for all events that nobody else listens to: most pools have a single listener.
    const alone = [listener]
    for (const event of EVENTS) {
      if (listener[event] === undefined) continue
      const there: readonly Listener[] = this[event]
      if (there === NONE) this.#set(event, alone)
      else if (!there.includes(listener)) this.#set(event, there.concat(listener))
    }
  }

  detach(listener: Listener): void {
    for (const event of EVENTS) {
      if (listener[event] !== undefined)
        this.#set(
          event,
          this[event].filter((each: Listener) => each !== listener),
        )
    }
  }

  #set(event: keyof Listener, listeners: readonly Listener[]): void {
    this[event] = (listeners.length === 0 ? NONE : listeners) as never
  }
}
