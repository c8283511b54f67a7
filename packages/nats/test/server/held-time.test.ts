import { definePool, type PoolRef, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { start, stop } from 'nact'
import { Endpoint } from '../../src/server/endpoint'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { Kind, requestFrame } from '../../src/wire/frames'

const bodies = bodiesOf(defaultCodec)
const header = { budgetMs: 100, ageMs: 0, priority: undefined, key: undefined, wantsProgress: false, again: false }

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
    const endpoint = new Endpoint({
      epoch: () => 0,
      isPaused: () => false,
      unbegun: () => [],
      gaveKeyBack: () => undefined,
      said: () => new Uint8Array(0),
      pool: pool as PoolRef,
      name: 'work',
      node: 'node',
      state: { isBehind: () => true, reach, at: undefined } as never,
      clock,
      settings: { maxBytes: 5000 },
      bodies,
      maxPayload: 5000,
      publish: () => undefined,
      changed: () => undefined,
    })
    const state = { place: 1, version: 1 }
    endpoint.receive({
      data: requestFrame(Kind.call, { ...header, state }, { bodies, value: { type: 'work' }, max: 5000 }),
      reply: 'a',
    })
    await clock.advance(200)
    expect(seen).toEqual(left)
    stop(system)
  })
})
