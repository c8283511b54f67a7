import { count } from '@genpool/runtime'

describe('a number with its noun', () => {
  it.each([
    [0, '0 starts'],
    [1, '1 start'],
    [2, '2 starts'],
  ])('%i', (n, text) => expect(count(n, 'start')).toBe(text))

  it('may have a plural of its own', () =>
    expect([1, 2].map((n) => count(n, 'try', 'tries'))).toEqual(['1 try', '2 tries']))
})
