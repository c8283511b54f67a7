import { callSafely, warnOf } from '@genpool/runtime'

const failures = async (callback: () => unknown): Promise<unknown[]> => {
  const failed: unknown[] = []
  callSafely(callback, (error) => failed.push(error))
  await new Promise((resolve) => setImmediate(resolve))
  return failed
}
const unreadable = (key: string): object =>
  Object.defineProperty(Promise.resolve(), key, {
    get() {
      throw new Error(key)
    },
  })

describe('callSafely', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('bad')
      },
    ],
    ['rejects', () => Promise.reject(new Error('bad'))],
    [
      'returns something whose then throws',
      () => ({
        then: () => {
          throw new Error('bad')
        },
      }),
    ],
    [
      'returns something whose then rejects at once',
      () => ({ then: (_: unknown, reject: (e: Error) => void) => reject(new Error('bad')) }),
    ],
  ])('reports once what a callback %s with', async (_name, callback) => {
    expect(await failures(callback)).toEqual([new Error('bad')])
  })

  it.each(['then', 'constructor'])('reports a result whose "%s" cannot be read', async (key) => {
    expect(await failures(() => unreadable(key))).toEqual([new Error(key)])
  })

  it.each([undefined, null, 1, {}, [], Promise.resolve()])('reports nothing of %p', async (result) => {
    expect(await failures(() => result)).toEqual([])
  })
})

describe('a warning', () => {
  const bad = (): never => {
    throw new Error('no look')
  }
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }

  it.each<[string, unknown]>([
    ['a proxy that was revoked', revoked()],
    ['a proxy that throws', new Proxy(new Error('x'), { get: bad })],
    ['an error whose stack is no text', Object.assign(new Error('x'), { stack: Symbol('s') })],
    ['an error whose stack throws', Object.defineProperty(new Error('x'), 'stack', { get: bad })],
  ])('is shown for %s', (_, error) => {
    const shown = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    try {
      warnOf('A callback threw', error)
      expect(shown).toHaveBeenCalledTimes(1)
    } finally {
      shown.mockRestore()
    }
  })
})
