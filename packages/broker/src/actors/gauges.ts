import {
  callSafely,
  type Clock,
  type Nanos,
  Notices,
  NS_PER_MS,
  type Timer,
  type Turn,
  warnOfCallback,
} from '@genpool/runtime'
import { channel } from 'node:diagnostics_channel'
import { type AlarmEvent, AlarmMeter } from '../meters/alarm-meter'
import { BetterMeter } from '../meters/better-meter'
import { type Meter, type Sample } from '../meters/meter'
import { createMeter, type meterOptions } from '../meters/meter-options'
import { type z } from 'zod'
import { LoopDelay } from './loop-delay'

/** The channels on which pools report their alarms, too. Held here because Node holds channels weakly. */
const CHANNELS = { set: channel('genpool:alarm:set'), clear: channel('genpool:alarm:clear') }

type CheckedMeters = readonly z.output<typeof meterOptions>[]

/** What gauges measure. */
interface Gauged {
  readonly name: string
  readonly reference: unknown
  readonly engine: { readonly length: number; relativeTime(now: Nanos): Nanos }
  readonly shell: { readonly clock: Clock; readonly turn: Turn }
}

/** The meters, and who is told of alarms. */
export interface GaugeOptions {
  readonly meters: CheckedMeters
  readonly onAlarm: ((event: AlarmEvent) => void) | undefined
}

/** The meters of one broker: passes every match on to them, and calls them again when one of them asks for it. */
export class Gauges {
  #meters: readonly Meter[]
  #options: CheckedMeters
  readonly #onAlarm: ((event: AlarmEvent) => void) | undefined
  readonly #notices: Notices
  readonly #loop: LoopDelay
  /** How long requests and members would wait here; `better` compares it. */
  readonly #better: BetterMeter
  #timer: Timer | null = null

  constructor(
    private readonly gauged: Gauged,
    { meters, onAlarm }: GaugeOptions,
  ) {
    const { clock, turn } = gauged.shell
    const now = turn.refresh()
    this.#options = meters
    this.#meters = meters.map((options) => createMeter(options, now))
    this.#onAlarm = onAlarm
    this.#notices = new Notices(turn)
    this.#loop = new LoopDelay(clock)
    this.#better = new BetterMeter({}, now)
  }

  get meters(): readonly Meter[] {
    return this.#meters
  }

  /** Reports a match. */
  matched(relativeTime: Nanos, now: Nanos): void {
    if (this.#meters.length === 0) return
    this.#loop.touch()
    this.#show({ queueDelay: this.#loop.read(), processDelay: 0, relativeTime }, now)
  }

  /** How long a request (with `askR`: a member) that arrives now would wait; at most 5 s. */
  sojourn(side: 'ask' | 'askR', now: Nanos): Nanos {
    this.#loop.touch()
    const relativeTime = this.gauged.engine.relativeTime(now)
    this.#better.update({ queueDelay: this.#loop.read(), processDelay: 0, relativeTime }, now)
    return this.#better[side]
  }

  /** Replaces the meters. A meter whose options are unchanged is kept. */
  configure(options: CheckedMeters): void {
    const now = this.gauged.shell.turn.refresh()
    this.#meters = options.map((each, index) => {
      const [meter, before] = [this.#meters[index], this.#options[index]]
      const same =
        typeof each === 'function' ? each === before : typeof before === 'object' && before.type === each.type
      if (meter === undefined || !same) return createMeter(each, now)
      if (typeof each === 'object') meter.configure(each, now)
      return meter
    })
    this.#options = options
    this.#report(now)
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #show(sample: Sample, now: Nanos): void {
    for (const meter of this.#meters) meter.update(sample, now)
    this.#report(now)
  }

  #report(now: Nanos): void {
    const alarms = this.#meters.filter((meter) => meter instanceof AlarmMeter)
    for (const { events } of alarms) for (const event of events) this.#tell(event, now)
    const wakeAt = Math.min(...alarms.map((meter) => meter.lookAt(now)))
    this.close()
    // A time that has already passed is handled in the next turn.
    if (wakeAt !== Infinity) this.#timer = this.gauged.shell.clock.setTimer(Math.max(wakeAt, now + 1), this.#look)
  }

  /** Tells of an alarm after the match or change that it comes from: who hears of it may use the broker. */
  #tell(event: AlarmEvent, now: Nanos): void {
    const { name, reference, engine } = this.gauged
    const onAlarm = this.#onAlarm
    if (onAlarm !== undefined) {
      this.#notices.add(() =>
        callSafely(
          () => onAlarm(event),
          (error) => warnOfCallback('broker', name, error),
        ),
      )
    }
    const channel = CHANNELS[event.kind]
    if (!channel.hasSubscribers) return
    const facts = {
      pool: name,
      ref: reference,
      alarm: event.alarm,
      waiting: engine.length,
      oldestMs: Math.max(0, engine.relativeTime(now)) / NS_PER_MS,
      lateMs: this.#loop.read() / NS_PER_MS,
    }
    this.#notices.add(() => channel.publish(facts))
  }

  readonly #look = (): void => {
    const now = this.gauged.shell.turn.refresh()
    this.#loop.touch()
    this.#show(
      { queueDelay: this.#loop.read(), processDelay: 0, relativeTime: this.gauged.engine.relativeTime(now) },
      now,
    )
  }
}
