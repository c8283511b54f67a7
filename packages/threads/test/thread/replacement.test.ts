import { replacementOf } from '../../src/thread/replacement'

describe('what is sent instead of what cannot be sent', () => {
  afterEach(() => jest.restoreAllMocks())
  const handlerOf = (job: number): string => `the handler "work" of pool "p${job}"`

  it('is nothing for progress: a warning names the handler, the pool and what is wrong', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    expect(replacementOf(['progress', 7, { done: [{ f: () => 1 }] }], new Error('no'), handlerOf)).toBeNull()
    expect(replacementOf(['progress', 8, Symbol('s')], new Error('no'), handlerOf)).toBeNull()
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      'Progress of the handler "work" of pool "p7" could not be sent, and its caller is not told: at done[0].f: it is a function, which cannot be sent to a thread.',
      'Progress of the handler "work" of pool "p8" could not be sent, and its caller is not told: at the whole value: it is a symbol, which cannot be sent to a thread.',
    ])
  })

  it('is why, for an answer', () => {
    const message = 'it is a function, which cannot be sent to a thread'
    expect(replacementOf(['answered', 7, () => 1, true], new Error('no'), handlerOf)).toEqual([
      'unanswerable',
      7,
      { path: [], message },
    ])
  })
})
