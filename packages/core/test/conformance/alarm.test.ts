import { cast, definePool, noReply, onEvent, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { poolOf } from '../../src/api/pool-of'
import { type Case, recorded, type Step } from './recorded'

type AlarmStep = Step<{ readonly alarms: readonly (readonly ['set' | 'clear', string])[] }> & {
  readonly queueDelay: number
}
type Spec = { readonly target?: number; readonly interval?: number }

const Worker = definePool({ casts: { tick: () => noReply() } })

/**
 * Has the alarm of a real pool live through a recording of the overload meter, and returns how many looks were compared. How
 * long the oldest request waits is what was recorded; time passes as while a handler blocks, so that it looks when the
 * recording did and not by its own timer besides. It ends at the first change of options, which the pool looks at, too.
 */
async function play({ seed, spec, init, steps }: Case<AlarmStep>): Promise<number> {
  const { target = 100, interval = 1000 } = spec as Spec
  const clock = virtualClock(init.time / NS_PER_MS)
  const system = start()
  const pool = spawnPool(system, Worker, 'pool', { clock, alarm: { target, interval } })
  let oldest = 0
  Object.assign(poolOf(pool).port, { oldest: () => oldest })
  await clock.settle()
  let seen: string[] = []
  const ends = [
    onEvent('genpool:alarm:set', () => seen.push('set'), { pool }),
    onEvent('genpool:alarm:clear', () => seen.push('clear'), { pool }),
  ]
  let compared = 0
  for (const [index, step] of steps.entries()) {
    if (step.op === 'config') break
    if (step.op !== 'update') continue
    clock.block((step.time - clock.now()) / NS_PER_MS)
    oldest = step.queueDelay
    seen = []
    cast(pool, { type: 'tick' })
    await clock.settle()
    const at = `seed ${seed}, step ${index}`
    expect({ at, seen }).toEqual({ at, seen: step.result.alarms.map(([kind]) => kind) })
    compared++
  }
  for (const end of ends) end()
  stop(system)
  await clock.settle()
  return compared
}

describe('the alarm of a pool, against the recordings of the overload meter', () => {
  it('is set and cleared when that was', async () => {
    let compared = 0
    for (const recording of recorded<AlarmStep>('overload_meter')) compared += await play(recording)
    expect(compared).toBe(2112)
  })
})
