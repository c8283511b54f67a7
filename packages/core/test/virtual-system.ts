import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'

/** A system of actors and its time: new ones for each test of the file that imports them. */
export let system: ActorSystemRef
export let clock: VirtualClock

beforeEach(() => {
  system = start()
  clock = virtualClock()
})
afterEach(() => {
  stop(system)
})
