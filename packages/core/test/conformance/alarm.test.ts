import { alarmOptions } from '../../src/policies/alarm/alarm-options'
import { OverloadAlarm } from '../../src/policies/alarm/overload-alarm'
import type { Listener } from '../../src/pool/ports'
import { type Case, recorded, type Step } from './recorded'

type AlarmStep = Step<{ readonly alarms: readonly (readonly ['set' | 'clear', string])[] }> & {
  readonly queueDelay: number
}
type Spec = { readonly target?: number; readonly interval?: number }

/**
 * Lets the alarm of a pool live through a recording of the overload meter, and returns how many looks were compared. It looks at
 * the end of a turn at each time in the recording, and the oldest request has waited as long as was recorded. It ends at the
 * first change of options, at which the alarm looks, too.
 */
function play({ seed, spec, init, steps }: Case<AlarmStep>): number {
  const { target = 100, interval = 1000 } = spec as Spec
  let [now, oldest] = [init.time, 0]
  let seen: string[] = []
  let watch: Listener | undefined
  const alarm = new OverloadAlarm({
    stopping: false,
    waiting: 1,
    now: () => now,
    oldestWait: () => oldest,
    turnLasted: () => 0,
    // The recording looks when it does, and the alarm at no other time.
    after: () => ({ cancel: () => undefined }),
    alarmChanged: (kind) => seen.push(kind),
    attach: (part) => (watch = part),
    detach: () => undefined,
  })
  alarm.configure(alarmOptions.parse({ target, interval }))
  let compared = 0
  for (const [index, step] of steps.entries()) {
    if (step.op === 'config') break
    if (step.op !== 'update') continue
    now = step.time
    oldest = step.queueDelay
    seen = []
    watch?.turnEnded?.(now)
    const at = `seed ${seed}, step ${index}`
    expect({ at, seen }).toEqual({ at, seen: step.result.alarms.map(([kind]) => kind) })
    compared++
  }
  return compared
}

describe('the alarm of a pool, against the recordings of the overload meter', () => {
  it('is set and cleared at the recorded times', () => {
    const compared = recorded<AlarmStep>('overload_meter').reduce((sum, recording) => sum + play(recording), 0)
    expect(compared).toBe(2112)
  })
})
