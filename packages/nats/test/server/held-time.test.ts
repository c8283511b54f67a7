import { definePool, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { sentFrame, smallEndpoint } from '../support/endpoint'

describe('a call that waits at its node for the state that its caller has seen', () => {
  it.each([
    [60, [40]],
    [150, []],
  ])('has what is left of its time after %d ms: %p ms', async (waits, left) => {
    const clock = virtualClock()
    const system = start()
    const seen: unknown[] = []
    const Work = definePool({
      calls: {
        work: (_message: object, _state, ctx) => {
          seen.push(ctx.remainingMs)
          return reply('done')
        },
      },
    })
    const pool = spawnPool(system, Work, undefined, { size: 1, clock })
    const reach = (): Promise<boolean> => clock.wait(waits).then(() => true)
    const endpoint = smallEndpoint(pool, { state: { isBehind: () => true, reach, at: undefined } as never, clock })
    const state = { place: 1, version: 1 }
    endpoint.receive({ data: sentFrame({ type: 'work' }, { budgetMs: 100, state }), reply: 'a' })
    await clock.advance(200)
    expect(seen).toEqual(left)
    stop(system)
  })
})
