import { call, inspect, resize } from '@genpool/core'
import fc from 'fast-check'
import { stop } from 'nact'
import { clock } from '../virtual-system'
import { spawned } from './slow'

describe('what init opens', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('open' as const), at: fc.nat(30) }),
    fc.record({ do: fc.constant('fail' as const), at: fc.nat(30) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
    fc.record({ do: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('crash' as const) }),
    fc.record({ do: fc.constant('stop' as const) }),
  )

  it('goes to terminate exactly once, whenever it is opened and whatever happens to the pool', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { pool, openings, ended } = spawned({ size: 3, restart: { attempts: 3 } })
        const opened = new Set<string>()
        const settled = new Set<number>()
        const settle = (at: number, how: 'open' | 'fail'): void => {
          if (at >= openings.length || settled.has(at)) return
          settled.add(at)
          if (how === 'fail') return openings[at]!.fail(new Error('refused'))
          opened.add(String(at))
          openings[at]!.open({ connection: String(at) })
        }
        for (const each of steps) {
          if (each.do === 'open' || each.do === 'fail') settle(each.at, each.do)
          else if (each.do === 'advance') await clock.advance(each.ms)
          else if (each.do === 'resize' && inspect(pool).phase !== 'stopped') resize(pool, each.size)
          else if (each.do === 'crash') void call(pool, { type: 'crash' }, { timeout: 50 }).catch(() => undefined)
          else if (each.do === 'stop') stop(pool)
          await clock.settle()
        }
        stop(pool)
        for (let at = 0; at < openings.length; at++) settle(at, 'open')
        await clock.advance(5000)
        const closed = ended.map((end) => (end as string[])[2])
        expect(closed.sort()).toEqual([...opened].sort())
        expect(clock.timers).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
