import { InvalidError, OptionsError, textOf } from '@genpool/runtime'

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
