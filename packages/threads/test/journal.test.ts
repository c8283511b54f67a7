import { call, getState } from '@genpool/core'
import { journaled } from './fixtures/late-journal'

describe('a state that members in threads share, in a journal', () => {
  it('has each change once, and the next pool goes on from there', async () => {
    const types = ['add', 'ticket', 'next', 'exclusive'] as const
    const first = await journaled({ size: 2, timeout: 50_000 })
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, i) => call(first.pool, { type: types[i % types.length] as 'add' })),
    )
    await first.close()
    expect([...answers].sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1))
    const second = await journaled({ size: 2 }, {}, 'second')
    expect(await call(second.pool, { type: 'add' })).toBe(81)
    expect(getState(second.pool)).toEqual({ n: 81, seen: [] })
    await second.close()
  })
})
