import { createStore } from '@genpool/state-ane'

describe('watchers', () => {
  it('let their errors surface in a microtask of their own when nobody takes them', () => {
    const microtask = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined)
    const cell = createStore().cell('n', { initial: 0 })
    cell.watch(() => {
      throw new Error('boom')
    })
    expect(cell.update((n) => n + 1)).toBe(1)
    const tasks = microtask.mock.calls.map(([task]) => task)
    microtask.mockRestore()
    expect(tasks).toHaveLength(1)
    expect(tasks[0]).toThrow('boom')
  })

  it('are told in plain mode too', () => {
    const cell = createStore({ mode: 'plain' }).cell('n', { initial: { a: 1 } })
    const told: unknown[] = []
    cell.watch((value, version, patches) => void told.push([value, version, patches]))
    cell.update((draft) => void (draft.a = 2))
    expect(told).toEqual([[{ a: 2 }, 1, [{ op: 'replace', path: ['a'], value: 2 }]]])
  })

  it('of one cell in a transaction see patches of that cell alone', () => {
    const store = createStore({ initial: (key: unknown) => ({ of: key, list: [1] }) })
    const told: unknown[] = []
    store.cell('a').watch((_value, _version, patches, inverse) => void told.push([patches, inverse]))
    store.transaction(['a', 'b'], (draft) => {
      draft.b.list.push(5)
      draft.a.list.push(2)
    })
    store.transaction(['a', 'b'], (draft) => void (draft.a = 7))
    expect(told).toEqual([
      [[{ op: 'add', path: ['list', 1], value: 2 }], [{ op: 'remove', path: ['list', 1] }]],
      [[{ op: 'replace', path: [], value: 7 }], [{ op: 'replace', path: [], value: { of: 'a', list: [1, 2] } }]],
    ])
  })
})

describe('a watcher', () => {
  it('that rejects is reported like one that throws', async () => {
    const errors: unknown[] = []
    const store = createStore({ onWatcherError: (error) => void errors.push(error) })
    const cell = store.cell('number', { initial: 0 })
    cell.watch(() => Promise.reject(new Error('late')) as never)
    await cell.update((n) => n + 1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toEqual([new Error('late')])
  })

  it('is told of later commits although onWatcherError has thrown', async () => {
    const uncaught: (() => void)[] = []
    const later = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((fn) => void uncaught.push(fn))
    const store = createStore({
      onWatcherError: () => {
        throw new Error('worse')
      },
    })
    const cell = store.cell('number', { initial: 0 })
    const told: number[] = []
    cell.watch(() => {
      throw new Error('bad')
    })
    cell.watch((value) => void told.push(value))
    expect([await cell.update((n) => n + 1), await cell.update((n) => n + 1)]).toEqual([1, 2])
    later.mockRestore()
    expect(told).toEqual([1, 2])
    expect(uncaught).toHaveLength(2)
    expect(uncaught[0]).toThrow('worse')
  })
})
