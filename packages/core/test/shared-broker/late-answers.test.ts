import { call, definePool, drain, inspect, noReply, spawnPool } from '@genpool/core'
import { spawnBroker } from '@genpool/broker'
import { clock, system } from '../virtual-system'

describe('a call that a member of another pool runs, behind the same broker, and answers later', () => {
  it('waits in its own pool, and the other one drains', async () => {
    const broker = spawnBroker(system, { clock })
    const answers: ((value: string) => void)[] = []
    const Work = definePool({
      init: () => 0,
      calls: {
        later: (_: object, _state, ctx) => {
          const { from } = ctx
          answers.push((value) => from.reply(value as never))
          return noReply()
        },
      },
    })
    const [one, other] = ['one', 'other'].map((name) =>
      spawnPool(system, Work, name, { size: 1, clock, timeout: Infinity, broker }),
    )
    await clock.settle()
    const calls = [1, 2, 3, 4].map(() => call(one!, { type: 'later' }))
    await clock.settle()
    expect([one, other].map((pool) => inspect(pool!).late)).toEqual([4, 0])
    let drained = false
    void drain(other!).then(() => (drained = true))
    await clock.settle()
    expect(drained).toBe(true)
    for (const answer of answers) answer('late')
    expect(await Promise.all(calls)).toEqual(Array(4).fill('late'))
    expect(inspect(one!).late).toBe(0)
  })
})
