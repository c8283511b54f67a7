import { threads } from '@genpool/threads'

const messageOf = (url: unknown): string => {
  try {
    threads(url as never)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('the error of threads', () => {
  it('says what a module may be given as, and what it got', () => {
    for (const [url, got] of [
      [5, '5'],
      ['./work.js', '"./work.js"'],
      ['https://example.org/work.js', '"https://example.org/work.js"'],
      ['file://%', '"file://%"'],
    ]) {
      expect(messageOf(url)).toBe(
        'threads: the argument "url" is wrong: expected the URL of a file, as in new URL(\'./work.js\', import.meta.url), or ' +
          `an absolute path, as in require.resolve('./work.js'), got ${got}.`,
      )
    }
  })

  it('says that there is no such file, and what may be wrong', () => {
    expect(messageOf('/no/such/work.js')).toBe(
      'threads: the argument "url" is wrong: there is no file "/no/such/work.js". Is its ending right (.js, .mjs, .cjs, .ts)?',
    )
  })
})
