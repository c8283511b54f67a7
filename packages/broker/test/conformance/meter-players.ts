import { type BetterMeter, type AlarmMeter, betterMeter, type Meter, pieMeter, Protector, type Sample } from '../../src'
import { type Case, type Player, type Step } from './recordings'
import { toMeterOptions } from './requests'

/** Plays the recordings of a meter, whose operations are updates, idle calls and changes of configuration. */
abstract class MeterPlayer<M extends Meter> implements Player {
  protected meter!: M

  begin({ spec, init }: Case): unknown {
    this.meter = this.create(spec, init?.time as number)
    return this.observeInit()
  }

  step(step: Step): unknown {
    if (step.op === 'update') this.meter.update(step as unknown as Sample, step.time)
    else if (step.op === 'info') this.meter.timeout(step.time)
    else this.meter.configure(toMeterOptions(step['spec']), step.time)
    return this.observe(step)
  }

  protected abstract create(spec: unknown, now: number): M
  protected abstract observe(step: Step): unknown
  protected abstract observeInit(): unknown
}

export class PiePlayer extends MeterPlayer<ReturnType<typeof pieMeter>> {
  protected create(spec: unknown, now: number): ReturnType<typeof pieMeter> {
    return pieMeter(toMeterOptions(spec), now)
  }

  protected observe(step: Step): unknown {
    const { ask, askR, wakeAt } = this.meter
    // The reference compares with a random integer of 27 bits.
    const integer = step.op === 'update' ? { askInt: Math.trunc(ask * 2 ** 27) } : {}
    return { ask, ask_r: askR, ...integer, next: wakeAt }
  }

  protected observeInit(): unknown {
    return { next: this.meter.wakeAt }
  }
}

export class AlarmPlayer<O> extends MeterPlayer<AlarmMeter> {
  constructor(private readonly make: (options: O, now: number) => AlarmMeter) {
    super()
  }

  protected create(spec: unknown, now: number): AlarmMeter {
    return this.make(toMeterOptions(spec) as O, now)
  }

  protected observe(): unknown {
    return { alarms: this.meter.events.map(({ kind, alarm }) => [kind, alarm]), next: this.meter.wakeAt }
  }

  protected observeInit(): unknown {
    return this.observe()
  }
}

export class BetterPlayer extends MeterPlayer<BetterMeter> {
  protected create(spec: unknown, now: number): BetterMeter {
    return betterMeter(toMeterOptions(spec), now)
  }

  protected observe(): unknown {
    return { ask: this.meter.ask, ask_r: this.meter.askR, next: this.meter.wakeAt }
  }

  protected observeInit(): unknown {
    return this.observe()
  }
}

/** Plays the recordings of the protector, whose probabilities are 0 and 1. */
export class ProtectorPlayer implements Player {
  #protector!: Protector
  #bounds = { min: 0, max: Infinity }

  begin(recorded: Case): unknown {
    this.#bound(recorded)
    this.#protector = new Protector({ ...this.#bounds, ask: 0, askR: 0 }, () => {
      throw new Error('nothing is left to chance here')
    })
    return undefined
  }

  step(step: Step): unknown {
    if (step.op === 'ask' || step.op === 'ask_r') {
      const result = this.#protector.admits(step.op === 'ask' ? 'ask' : 'askR') ? 'go' : 'drop'
      expect(this.#protector.length).toBe(step['len'])
      return result
    }
    if (step.op === 'change') this.#bound(step)
    const probabilities = { ask: step['ask'] as number, askR: step['ask_r'] as number }
    this.#protector.update(step['len'] as number, { ...this.#bounds, ...probabilities })
    return step.result
  }

  #bound(source: Case | Step): void {
    const { min, max } = toMeterOptions(source) as { min: number; max: number }
    this.#bounds = { min, max }
  }
}
