import { createBroker } from '../../src'
import { Job } from './model'

const MS = 1_000_000

describe('of keys for which equally many wait', () => {
  it.each([
    ['on the short ways', {}],
    ['on the long ways', { isAlive: () => true }],
  ])('the figures name the first key, whichever came first, %s', (_, hooks) => {
    const limits = { by: 'tenant', concurrency: 1 } as const
    const named = ['ba', 'ab'].map((tenants) => {
      const broker = createBroker<Job, Job>({ limits }, 0, hooks)
      for (const [id, tenant] of [...tenants, ...tenants].entries()) {
        broker.ask(new Job({ id, tenant, user: undefined, cost: 1 }, 0), 0)
        broker.take(0)
      }
      return broker.limits(0).limits
    })
    expect(named).toMatchObject(Array(2).fill({ waiting: 2, key: 'a', ofKey: 1 }))
  })
})

it('of keys that back off equally long, the figures name the first key, whichever came first', () => {
  const limits = { by: 'tenant' } as const
  const named = ['ba', 'ab'].map((tenants) => {
    const broker = createBroker<Job, Job>({ limits }, 0)
    const entry = new Job({ id: 0, tenant: undefined, user: undefined, cost: 1 }, 0)
    for (const key of tenants) broker.backOff({ entry, key }, 10 * MS, 0)
    return broker.limits(0).backOff
  })
  expect(named).toMatchObject(Array(2).fill({ keys: 2, key: 'a' }))
})
