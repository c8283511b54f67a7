import { createBroker, type EngineOptions, Waiting } from '@genpool/broker'
import fc from 'fast-check'

/** A request with what the queues look for in it. */
class Ask extends Waiting {
  constructor(
    readonly tenant: number,
    sentAt: number,
    { key, priority }: { key: number | undefined; priority: number },
  ) {
    super(sentAt)
    this.key = key
    this.priority = priority
  }

  override get subject(): unknown {
    return { tenant: this.tenant }
  }
}

const queues: readonly (readonly [string, EngineOptions])[] = [
  ['a drop queue', { client: { type: 'drop', max: 4 } }],
  ['a timeout queue', { client: { type: 'timeout', timeout: 5, max: 4 } }],
  ['a fair queue', { client: { type: 'fair', by: { property: 'tenant' }, queue: { type: 'drop', max: 2 } } }],
  ['limits per key', { client: { type: 'drop', max: 4 }, limits: { by: 'tenant', concurrency: 1, max: 3 } }],
  ['a rate', { client: { type: 'drop', max: 4 }, rate: { limit: 1, interval: 10 } }],
] as never

describe('the queue length that a drop tells', () => {
  it.each(queues)('is how many others waited, in %s', (_name, options) => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            tenant: fc.integer({ min: 0, max: 2 }),
            key: fc.option(fc.integer({ min: 0, max: 1 }), { nil: undefined }),
            priority: fc.integer({ min: 0, max: 2 }),
          }),
          { minLength: 6, maxLength: 30 },
        ),
        (asks) => {
          const broker = createBroker<Ask, Waiting>(options, 0)
          let now = 0
          for (const { tenant, key, priority } of asks) {
            now += 500_000
            broker.ask(new Ask(tenant, now, { key, priority }), now)
            const { dropped } = broker.decision
            // The new request comes in after the drop, or is dropped. Of several drops at once, each has seen others.
            if (dropped.length === 1) expect([broker.length, broker.length - 1]).toContain(dropped[0]?.waiting)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
