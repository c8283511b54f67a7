import { spawnBroker } from '@genpool/broker'
import { call, definePool, reply, spawnPool } from '@genpool/core'
import { clock, system } from './virtual-system'

/** Callers of one run that come one after the other; each has the same timeout. */
const expiredCallers = async (options: object, ms: number): Promise<readonly string[]> => {
  const Work = definePool({
    calls: {
      work: async (_msg: object) => {
        await clock.wait(ms)
        return reply(1)
      },
    },
  })
  const pool = spawnPool(system, Work, 'pool', { size: 1, clock, ...options })
  await clock.settle()
  const work = (share: string) => call(pool, { type: 'work' }, { share, timeout: 100 }).catch((e: Error) => e.message)
  const busy = work('busy')
  await clock.advance(1)
  const first = work('a')
  await clock.advance(0.088)
  const second = work('a')
  await clock.advance(0.02)
  const third = work('a')
  await clock.advance(500)
  await busy
  return (await Promise.all([first, second, third])) as string[]
}

describe('calls that share a run, each with a timeout of 100', () => {
  it.each([
    ['waiting', {}],
    ['waiting, without a budget', { broker: { budget: false } }],
    ['running', { size: 2 }],
  ])('are told that number when it passes: %s', async (_where, options) => {
    for (const text of await expiredCallers(options, 300)) expect(text).toContain('did not answer within 100 ms')
  })

  it('are told that number by a shared broker', async () => {
    const broker = spawnBroker(system, { clock }, 'broker')
    for (const text of await expiredCallers({ broker }, 300)) expect(text).toContain('did not answer within 100 ms')
  })
})
