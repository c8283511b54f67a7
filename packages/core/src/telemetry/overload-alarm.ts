import { type AlarmMeter, overloadMeter } from '@genpool/broker'
import { type Nanos, NS_PER_MS, type Timer } from '@genpool/runtime'
import type { Pool } from '../pool/pool'
import type { AlarmRules } from './alarm-options'
import { alarmCleared, alarmSet } from './channels'
import type { AlarmEvent } from './events'
import { ofPool } from './payloads'

const NAME = 'overload'

/**
 * Sets an alarm after requests have waited too long, or the event loop has been late, for a whole interval; clears it after
 * neither has been so for one.
 *
 * The loop is late while a turn lasts, and counts as late for as long again: between two long turns there are short ones.
 * It looks at the end of each turn in which the pool had something to do, and by a timer while it is about to change.
 */
export class OverloadAlarm {
  readonly #meter: AlarmMeter
  #timer: Timer | null = null
  /** How late the event loop was, and until when that counts. */
  #late: Nanos = 0
  #lateUntil: Nanos = -Infinity

  constructor(
    private readonly pool: Pool,
    rules: AlarmRules,
  ) {
    this.#meter = overloadMeter({ ...rules, alarm: NAME }, pool.turn.now())
  }

  get isSet(): boolean {
    return this.#meter.active
  }

  /** At the end of a turn in which something happened. */
  rest(): void {
    this.#look(this.pool.turn.last, this.pool.turn.lasted)
  }

  configure(rules: AlarmRules): void {
    this.#meter.configure({ ...rules, alarm: NAME }, this.pool.turn.now())
    this.rest()
  }

  /** Nobody is to be alarmed any more. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#meter.active && alarmCleared.hasSubscribers) alarmCleared.publish(this.#event(0, 0))
  }

  /** @param delay how late the event loop is now */
  #look(now: Nanos, delay: Nanos): void {
    const late = this.#lateness(now, delay)
    const waited = this.pool.port.oldest(now)
    this.#meter.update({ queueDelay: Math.max(waited, late), processDelay: 0, relativeTime: waited }, now)
    for (const { kind } of this.#meter.events) {
      const channel = kind === 'set' ? alarmSet : alarmCleared
      if (channel.hasSubscribers) channel.publish(this.#event(waited, late))
    }
    this.#arm(this.#meter.lookAt(now), now)
  }

  #lateness(now: Nanos, delay: Nanos): Nanos {
    if (now + delay < this.#lateUntil) return this.#late
    this.#lateUntil = now + delay
    return (this.#late = delay)
  }

  #event(waited: Nanos, late: Nanos): AlarmEvent {
    const { port } = this.pool
    return {
      ...ofPool(this.pool),
      alarm: NAME,
      waiting: port.length,
      oldestMs: waited / NS_PER_MS,
      lateMs: late / NS_PER_MS,
    }
  }

  #arm(at: Nanos, now: Nanos): void {
    this.#timer?.cancel()
    this.#timer = null
    if (at === Infinity || this.pool.lifecycle.stopping) return
    this.#timer = this.pool.lifecycle.after((at - now) / NS_PER_MS, () => {
      this.#timer = null
      const then = this.pool.turn.refresh()
      this.#look(then, Math.max(0, then - at))
    })
  }
}
