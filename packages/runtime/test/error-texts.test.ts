import { InvalidError, OptionsError, round, textOf } from '@genpool/runtime'

describe('textOf', () => {
  it('writes the lines of an error of GenPool as one', () => {
    const faults = [
      { path: [], message: 'too few' },
      { path: ['a', 0], message: 'a\nlie' },
    ]
    expect(textOf(new InvalidError('answer', faults))).toBe(
      'An answer was refused; nothing was changed. at the whole value: too few; at a[0]: a\\nlie',
    )
    expect(textOf(new OptionsError('Wrong options:\n  - one\n  - two'))).toBe('Wrong options: - one; - two')
  })

  it('cuts a text that is very long, as a dump that was thrown', () => {
    for (const thrown of ['x'.repeat(1_000_000), new Error('x'.repeat(1_000_000))]) {
      expect(textOf(thrown)).toMatch(/^x+…$/)
      expect(textOf(thrown)).toHaveLength(10_001)
    }
  })

  it('leaves those of another error as they are', () => {
    expect(textOf(new Error('one\n  two'))).toBe('one\n  two')
  })
})

describe('an InvalidError', () => {
  it('copies neither a very long fault nor very many into its message', () => {
    const long = new InvalidError('answer', [{ path: [], message: 'x'.repeat(1_000_000) }])
    expect(long.message.length).toBeLessThan(3000)
    expect(long.message).toMatch(/x…$/)
    const faults = Array.from({ length: 1000 }, (_, i) => ({ path: [i], message: 'too few' }))
    const many = new InvalidError('answer', faults)
    expect(many.message.split('\n')).toHaveLength(22)
    expect(many.message).toMatch(/ {2}and 980 more$/)
    expect(many.faults).toHaveLength(1000)
  })
})

describe('round', () => {
  it.each([
    [0.123456, 0.123],
    [12.3456, 12.3],
    [123.456, 123],
    [12_345.6, 12_346],
    [2_147_483_648, 2_147_483_648],
    [-1234.5678, -1235],
    [Infinity, Infinity],
  ])('writes %d as %d', (ms, rounded) => {
    expect(round(ms)).toBe(rounded)
  })
})
