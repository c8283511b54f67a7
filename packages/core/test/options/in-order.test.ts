import { poolOptions } from '@genpool/core'

const ADMISSION = { update: 10, target: 10, interval: 100 }
const pairs: readonly (readonly [string, object])[] = [
  ['size', { size: { min: 4, max: 2 } }],
  ['size.valve', { size: { max: 2, valve: { type: 'gradient', min: 4, max: 2 } } }],
  ['concurrency', { concurrency: { type: 'gradient', min: 4, max: 2 } }],
  ['restart.backoff', { restart: { backoff: { min: 100, max: 10 } } }],
  ['restart.backoff, with the default of max', { restart: { backoff: { min: 20_000 } } }],
  ['broker.client', { broker: { client: { type: 'codel', min: 4, max: 2 } } }],
  ['broker.admission', { broker: { admission: { type: 'pie', ...ADMISSION, min: 4, max: 2 } } }],
]

describe('options with a least and a greatest value', () => {
  it.each(pairs)('are refused in the wrong order: %s', (_where, options) => {
    expect(poolOptions.safeParse(options).success).toBe(false)
  })

  it('may have two equal values', () => {
    expect(poolOptions.safeParse({ restart: { backoff: { min: 10, max: 10 } } }).success).toBe(true)
  })

  it('are refused with the name of the option', () => {
    const issue = poolOptions.safeParse({ restart: { backoff: { min: 100, max: 10 } } }).error?.issues[0]
    expect(issue?.path).toEqual(['restart', 'backoff', 'min'])
  })
})
