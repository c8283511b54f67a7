import { type Nanos } from '@genpool/runtime'
import { type Begins } from './begins'
import { type KeyRules, type LimitLane } from './limit-lane'
import { type Waiting } from '../queues/waiting'

/** What is counted of each key, side by side: the requests that hold it, those in the queue, those that run; and the index of its lane. */
const HELD = 0
const READY = 1
const RUNNING = 2
const LANE = 3
const ROW = 4
/** Instead of a lane: nothing was left of the key some time ago, and it is kept for a while. */
const RESTS = -1

/**
 * Fast path: the counts of keys for which nothing is parked, in 16 bytes each; all requests cost 1 and have no options. A lane takes 20
 * times as much.
 *
 * From its first request that has to wait, or has options, until nothing of it is left, a key has a lane: then do not count here. A
 * base class and not an object of `KeyedLimit`: each call reads these fields many times.
 */
export abstract class KeyCounts<E extends Waiting> {
  /** By place. */
  private rows = new Int32Array(ROW)
  /** What the rates of the keys count; null without a rate. */
  protected begins: Begins | null = null
  /** All lanes, from index 1. */
  protected readonly active: LimitLane<E>[] = [null as never]
  /** How many of one key may run: an integer, which V8 compares faster than `Infinity`. */
  private most = 0

  constructor(public rules: KeyRules) {}

  /** The lane of a key; null if it has none. */
  laneAt(place: number): LimitLane<E> | null {
    const index = this.rows[ROW * place + LANE] as number
    return index <= 0 ? null : (this.active[index] as LimitLane<E>)
  }

  /** A request holds the key from now on. */
  hold(place: number): void {
    this.change(place, HELD, 1)
  }

  enter(place: number): void {
    this.change(place, READY, 1)
  }

  leaveAndBegin(place: number, now: Nanos): void {
    this.change(place, READY, -1)
    this.begin(place, now)
  }

  begin(place: number, now: Nanos): void {
    this.change(place, RUNNING, 1)
    if (this.begins !== null) this.begins.add(place, 1, now)
  }

  /** One that ran ends, and holds the key no longer. */
  end(place: number): void {
    this.change(place, RUNNING, -1)
    this.change(place, HELD, -1)
    if (this.count(place, HELD) === 0) this.released(place)
  }

  /** Whether a request may not begin now. */
  isBlocked(place: number, now: Nanos): boolean {
    if (this.count(place, RUNNING) >= this.most) return true
    return this.begins !== null && !this.begins.fits(place, 1, now)
  }

  /** Whether as many wait as may. */
  isFull(place: number): boolean {
    return this.count(place, READY) >= this.rules.max
  }

  /** Whether a new request of priority 0 must be parked. */
  isClosed(place: number, now: Nanos): boolean {
    if (this.isBlocked(place, now)) return true
    const ready = this.count(place, READY)
    if (ready === 0 || this.rules.newestFirst) return false
    if (this.count(place, RUNNING) + ready >= this.most) return true
    return this.begins !== null && !this.begins.fits(place, ready + 1, now)
  }

  /** Nobody holds the key any more. */
  protected abstract released(place: number): void

  /** Whether requests hold the key. */
  protected isHeld(place: number): boolean {
    return this.count(place, HELD) > 0
  }

  /** Whether a key has a lane, or rests. */
  protected isKept(place: number): boolean {
    return this.count(place, LANE) !== 0
  }

  protected rests(place: number): boolean {
    return ROW * place < this.rows.length && this.count(place, LANE) === RESTS
  }

  protected setRest(place: number, rests: boolean): void {
    this.rows[ROW * place + LANE] = rests ? RESTS : 0
  }

  protected countUpTo(most: number): void {
    this.most = Math.min(most, 2 ** 31 - 1)
  }

  /** Makes room for all places below `count`, or gives room back. */
  protected fit(count: number): void {
    const { length } = this.rows
    if (ROW * count > length || ROW * 8 * count < length) {
      const rows = new Int32Array(ROW * 2 * count)
      rows.set(this.rows.subarray(0, rows.length))
      this.rows = rows
    }
    if (this.begins !== null) this.begins.fit(count)
  }

  /** Gives a key a lane, which counts from now on. */
  protected attach(lane: LimitLane<E>, place: number): void {
    lane.place = place
    lane.known = this.count(place, HELD)
    lane.ready = lane.readyCost = this.count(place, READY)
    lane.floor = lane.ready > 0 ? 0 : Infinity
    lane.running = this.count(place, RUNNING)
    this.rows.fill(0, ROW * place, ROW * place + LANE)
    this.rows[ROW * place + LANE] = this.active.push(lane) - 1
  }

  /** Takes the lane of a key away, of which nothing is left. */
  protected detach(lane: LimitLane<E>): void {
    const { place } = lane
    const last = this.active.pop() as LimitLane<E>
    const index = this.rows[ROW * place + LANE] as number
    this.rows[ROW * place + LANE] = 0
    lane.place = 0
    if (last === lane) return
    this.active[index] = last
    this.rows[ROW * last.place + LANE] = index
  }

  private count(place: number, what: number): number {
    return this.rows[ROW * place + what] as number
  }

  private change(place: number, what: number, by: number): void {
    this.rows[ROW * place + what] = (this.rows[ROW * place + what] as number) + by
  }
}
