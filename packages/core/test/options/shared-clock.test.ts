import { brokerActorOptions, regulatorActorOptions } from '@genpool/broker'
import { poolOptions } from '@genpool/core'
import { systemClock } from '@genpool/runtime'

describe('pools, brokers and regulators without a clock of their own', () => {
  it('share one, and so the turns of the event loop', () => {
    const schemas = { poolOptions, brokerActorOptions, regulatorActorOptions }
    for (const [name, schema] of Object.entries(schemas))
      expect([name, schema.parse({}).clock === systemClock]).toEqual([name, true])
  })
})
