import { type Nanos } from '@genpool/runtime'
import { type Begins } from './begins'
import { type KeyRules, type LimitLane } from './limit-lane'
import { type Waiting } from '../queues/waiting'

/**
 * The state of a key, one number: how many of its requests stand in the queue, in 15 bits, how many run, in 15 bits, and whether it
 * rests: nothing was left of it some time ago, and it is kept for a while. A negative number says where its lane is.
 */
const READY = 1
const RUNNING_BITS = 15
const RUNNING = 2 ** RUNNING_BITS
const RESTS = 2 ** 30
const COUNT = RUNNING - 1
/** One more could be more than fits in. A negative number has the second of these bits, too. */
const CROWDED = (READY + RUNNING) * 2 ** 14
/** More than is ever counted. */
const MANY = 2 ** 31 - 1

/**
 * Fast path: the counts of keys for which nothing is parked, in 4 bytes each; all requests cost 1 and have no options. A lane takes 80
 * times as much.
 *
 * From its first request that has to wait, or has options, until nothing of it is left, a key has a lane: then do not count here. It
 * also gets one with 16 384 requests that wait, or run. A base class and not an object of `KeyedLimit`: each call reads these fields many times.
 */
export abstract class KeyCounts<E extends Waiting> {
  /** By place. */
  private states = new Int32Array(1)
  /** What the rates of the keys count; null without a rate. */
  protected begins: Begins | null = null
  /** All lanes, from index 1. */
  protected readonly active: LimitLane<E>[] = [null as never]
  /** How many of one key may run, and wait: integers, which V8 compares faster than `Infinity`. */
  private most = 0
  private mostWaiting = 0

  constructor(public rules: KeyRules) {}

  /** The lane of a key; null if it has none. */
  laneAt(place: number): LimitLane<E> | null {
    const state = this.stateOf(place)
    return state >= 0 ? null : (this.active[~state] as LimitLane<E>)
  }

  /** Whether the next request of a key is to know its lane: it has one, or so many wait or run that it needs one. */
  needsLane(place: number): boolean {
    return (this.stateOf(place) & CROWDED) !== 0
  }

  enter(place: number): void {
    this.states[place] = this.stateOf(place) + READY
  }

  /** One begins that did not stand in the queue. */
  begin(place: number, now: Nanos): void {
    this.states[place] = this.stateOf(place) + RUNNING
    if (this.begins !== null) this.begins.add(place, 1, now)
  }

  /** One that is ready begins. False, and nothing changes, if it may not, or if its key has a lane. */
  tryBegin(place: number, now: Nanos): boolean {
    const state = this.stateOf(place)
    if (state < 0 || runningIn(state) >= this.most) return false
    if (this.begins !== null && !this.begins.tryAdd(place, 1, now)) return false
    this.states[place] = state + (RUNNING - READY)
    return true
  }

  /** One that ran ends. False, and nothing changes, if its key has a lane. */
  tryEnd(place: number): boolean {
    const state = this.stateOf(place) - RUNNING
    if (state < 0) return false
    this.states[place] = state
    if (state === 0) this.released(place)
    return true
  }

  /** Whether a request may begin now. False if its key has a lane. */
  mayBegin(place: number, now: Nanos): boolean {
    const state = this.stateOf(place)
    if (state < 0 || runningIn(state) >= this.most) return false
    return this.begins === null || this.begins.fits(place, 1, now)
  }

  /** Whether a new request of priority 0 may stand in the queue. False if its key has a lane. */
  mayEnter(place: number, now: Nanos): boolean {
    const state = this.stateOf(place)
    return state >= 0 && (state & COUNT) < this.mostWaiting && this.hasPlaceAfter(state, place, now)
  }

  /** Whether a new request of priority 0 must be parked, and may be. False if its key has a lane. */
  mustPark(place: number, now: Nanos): boolean {
    const state = this.stateOf(place)
    return state >= 0 && (state & COUNT) < this.mostWaiting && !this.hasPlaceAfter(state, place, now)
  }

  /** Whether one more may begin after those that stand in the queue. */
  private hasPlaceAfter(state: number, place: number, now: Nanos): boolean {
    const ahead = this.rules.newestFirst ? 0 : state & COUNT
    if (runningIn(state) + ahead >= this.most) return false
    return this.begins === null || this.begins.fits(place, ahead + 1, now)
  }

  /** Of a key no request waits or runs any more, and it does not rest. */
  protected abstract released(place: number): void

  /** Whether a key has a lane, rests, or has requests that wait or run. */
  protected isKept(place: number): boolean {
    return this.stateOf(place) !== 0
  }

  /** Whether it is only kept because it rests. */
  protected onlyRests(place: number): boolean {
    return this.stateOf(place) === RESTS
  }

  protected beginRest(place: number): void {
    this.states[place] = this.stateOf(place) | RESTS
  }

  /** False if it does not rest. */
  protected endRest(place: number): boolean {
    if (place >= this.states.length) return false
    const state = this.stateOf(place)
    if (state < RESTS) return false
    this.states[place] = state - RESTS
    return true
  }

  protected countUpTo({ concurrency, max }: KeyRules): void {
    this.most = Math.min(concurrency, MANY)
    this.mostWaiting = Math.min(max, MANY)
  }

  /** Makes room for all places below `count`, or gives room back. */
  protected fit(count: number): void {
    const { length } = this.states
    if (count > length || 8 * count < length) {
      const states = new Int32Array(2 * count)
      states.set(this.states.subarray(0, 2 * count))
      this.states = states
    }
    if (this.begins !== null) this.begins.fit(count)
  }

  /** Gives a key a lane, which counts from now on. */
  protected attach(lane: LimitLane<E>, place: number): void {
    const state = this.stateOf(place)
    lane.place = place
    lane.ready = lane.readyCost = state & COUNT
    lane.running = runningIn(state)
    lane.known = lane.ready + lane.running
    lane.floor = lane.ready > 0 ? 0 : Infinity
    this.states[place] = ~(this.active.push(lane) - 1)
  }

  /** Takes the lane of a key away, of which nothing is left. */
  protected detach(lane: LimitLane<E>): void {
    const { place } = lane
    const last = this.active.pop() as LimitLane<E>
    const state = this.stateOf(place)
    this.states[place] = 0
    lane.place = 0
    if (last === lane) return
    this.active[~state] = last
    this.states[last.place] = state
  }

  private stateOf(place: number): number {
    return this.states[place] as number
  }
}

function runningIn(state: number): number {
  return (state >> RUNNING_BITS) & COUNT
}
