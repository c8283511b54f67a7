import { checkBootFile } from '../../src/loading/loader'

describe('the files with which a thread starts', () => {
  it('are there', () => {
    expect(() => checkBootFile()).not.toThrow()
  })

  it('are missed in a bundle, and the error says what to do', () => {
    expect(() => checkBootFile('/app/boot.cjs')).toThrow(
      expect.objectContaining({
        code: 'ERR_GENPOOL_OPTIONS',
        message:
          'threads: no thread can be started: there is no file "/app/boot.cjs", with which each thread starts. Is @genpool/threads ' +
          'part of a bundle? Mark it as external, with the other packages of GenPool (esbuild: --external:@genpool/*).',
      }) as Error,
    )
  })
})
