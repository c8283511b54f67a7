import { call, type CallOptions, definePool, inspect, reply, spawnPool } from '@genpool/core'
import { virtualClock } from '@genpool/core/testing'
import { start, stop } from 'nact'

it.each<[string, CallOptions]>([
  ['no time', { timeout: 0 }],
  ['an aborted signal', { signal: AbortSignal.abort() }],
])('a call with %s does not join a run, and says that it never started', async (_what, options) => {
  const system = start()
  const clock = virtualClock()
  const Work = definePool({ calls: { load: () => clock.wait(100).then(() => reply(1)) } })
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock })
  await clock.settle()
  const first = call(pool, { type: 'load' }, { share: 'a' })
  await clock.settle()
  const error = await call(pool, { type: 'load' }, { share: 'a', ...options }).catch((e: unknown) => e)
  expect(error).toMatchObject({ started: false })
  expect(error).not.toMatchObject({ mayBeCommitted: true })
  expect(inspect(pool)).toMatchObject({ shared: 0 })
  await clock.advance(100)
  expect(await first).toBe(1)
  stop(system)
})
