import { isGenPoolError, OptionsError } from '@genpool/runtime'
import { ConflictError, createStore, InvalidError } from '@genpool/state-ane'
import { z } from 'zod'

const thrown = (attempt: () => unknown): unknown => {
  try {
    attempt()
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}

describe('numbered slots', () => {
  it('count from one, begin undefined, and keep what is put', () => {
    const store = createStore({ size: 16 })
    expect(store.size).toBe(16)
    expect(store.get(1)).toBeUndefined()
    store.put(1, 'hello')
    store.put(16, 'world')
    store.put(1, 'hello again')
    expect([store.get(1), store.get(16)]).toEqual(['hello again', 'world'])
    expect(store.cell(1).version).toBe(2)
  })

  it.each([0, 17, 1.5, -1, NaN, '1'])('are only those that there are: %p is refused', (i) => {
    const store = createStore({ size: 16 })
    expect(() => store.get(i)).toThrow(/whole number from 1 to 16/)
    expect(thrown(() => store.put(i, 1))).toBeInstanceOf(InvalidError)
  })

  it('stay after clear and end with destroy', () => {
    const store = createStore({ size: 2, initial: 0 })
    store.put(1, 5)
    store.clear()
    expect(store.get(1)).toBe(5)
    store.destroy()
    expect(store.destroyed).toBe(true)
    expect(
      isGenPoolError(
        thrown(() => store.get(1)),
        'ERR_GENPOOL_STOPPED',
      ),
    ).toBe(true)
    expect(() => store.put(1, 6)).toThrow(/"store" has stopped.*destroy\(\) was called/)
  })
})

describe('createStore', () => {
  it('names the option that it does not know', () => {
    expect(() => createStore({ histroy: 3 } as never)).toThrow(/unknown key "histroy" \(did you mean "history"\?\)/)
    expect(() => createStore({ mode: 'ets' } as never)).toThrow(OptionsError)
    expect(() => createStore({ validate: 5 } as never)).toThrow(/zod schema or a function/)
  })

  it('makes cells with the initial value of the store or of the cell', () => {
    const store = createStore({ initial: (key: unknown) => ({ name: key }) })
    expect(store.cell('a').value).toEqual({ name: 'a' })
    expect(store.cell('b', { initial: { name: 'mine' } }).value).toEqual({ name: 'mine' })
    expect(store.cell('c', { initial: (key) => `cell ${key}` }).value).toBe('cell c')
  })

  describe('options for a cell that exists already', () => {
    const isSmall = (value: number) => value < 5

    it('are taken over if it has none: a validator that its value satisfies, a longer history', () => {
      const store = createStore({ history: 1 })
      store.cell('a', { initial: 1 })
      const cell = store.cell<number>('a', { validate: isSmall, history: 3 })
      for (const value of [2, 3, 4]) cell.compareAndSet(cell.version, value)
      expect(cell.patchesSince(0)).toHaveLength(1)
      expect(() => cell.compareAndSet(cell.version, 5)).toThrow(InvalidError)
      expect(store.cell('a', { history: 1 }).patchesSince(0)).toHaveLength(1)
    })

    it('change nothing if they are the same', () => {
      const store = createStore({ validate: (value) => value !== 7 })
      const first = store.cell<number>('a', { initial: 1, validate: isSmall, history: 2 })
      expect(store.cell('a', { initial: 1, validate: isSmall, history: 2 })).toBe(first)
      expect(() => first.compareAndSet(0, 5)).toThrow(InvalidError)
      expect(() => first.compareAndSet(0, 7)).toThrow(InvalidError)
    })

    it('are refused if it has another validator, or if its value is refused; then nothing changes', () => {
      const store = createStore()
      store.cell('a', { initial: 9 })
      expect(() => store.cell<number>('a', { validate: isSmall })).toThrow(InvalidError)
      store.put('a', 4)
      store.cell<number>('a', { validate: isSmall })
      expect(() => store.cell<number>('a', { validate: () => true })).toThrow(OptionsError)
      expect(() => store.put('a', 5)).toThrow(InvalidError)
    })

    it('keep nothing where the store keeps no history', () => {
      const store = createStore({ mode: 'plain' })
      store.cell('a', { initial: 1 })
      const cell = store.cell<number>('a', { history: 3 })
      cell.compareAndSet(0, 2)
      expect(cell.patchesSince(0)).toBeUndefined()
    })
  })

  it.each(['__proto__', 'constructor', 'prototype', '', 'toString'])('takes any name for a cell: %p', (key) => {
    const store = createStore({ initial: 0 })
    store.transaction([key, 'other'], (draft) => {
      draft[key] += 1
      draft.other = draft[key]
    })
    expect([store.get(key), store.get('other')]).toEqual([1, 1])
    expect(({} as Record<string, unknown>)['other']).toBeUndefined()
  })

  it('refuses a transaction whose keys a draft cannot tell apart', () => {
    const store = createStore({ initial: 0 })
    expect(() => store.transaction([1, '1'], () => undefined)).toThrow(InvalidError)
    expect(store.transaction([1, 1], (draft) => void (draft[1] = 2))).toEqual({ 1: 2 })
  })
})

describe('validators', () => {
  const account = z.object({ owner: z.object({ name: z.string() }), money: z.number().nonnegative() })

  it('may be zod schemas, and every wrong path is named', () => {
    const cell = createStore().cell('account', { initial: { owner: { name: 'A' }, money: 1 }, validate: account })
    const error = thrown(() =>
      cell.update((draft) => {
        draft.money = -1
        draft.owner.name = 5 as never
      }),
    ) as InvalidError
    expect(error.faults.map(({ path }) => path)).toEqual([['owner', 'name'], ['money']])
    expect(error.message).toMatch(/A commit to cell "account" was refused; nothing was changed/)
    expect(error.message).toMatch(/at owner\.name: .*expected string/)
    expect(cell.version).toBe(0)
  })

  it('check the first value too', () => {
    const store = createStore({ validate: account })
    expect(() => store.cell('a', { initial: { money: 1 } })).toThrow(InvalidError)
    expect(() => store.cell('a', { initial: { owner: { name: 'A' }, money: 1 } })).not.toThrow()
  })

  it('are those of the store and those of the cell', () => {
    const store = createStore({ initial: 0, validate: (value: unknown) => Number.isInteger(value) || 'not an integer' })
    const cell = store.cell<number>('even', { validate: (n) => n % 2 === 0 })
    expect(() => cell.update((n) => n + 0.5)).toThrow(/not an integer/)
    expect(() => cell.update((n) => n + 1)).toThrow(/the validator refused the value/)
    expect(cell.update((n) => n + 2)).toBe(2)
  })

  it('refuse a commit when they fail themselves, with the cause', () => {
    const cause = new Error('boom')
    const store = createStore({ initial: 0 })
    const failing = store.cell<number>('failing', {
      validate: (n) => {
        if (n > 0) throw cause
        return true
      },
    })
    expect(thrown(() => failing.update((n) => n + 1))).toMatchObject({ code: 'ERR_GENPOOL_INVALID', cause })
    const late = store.cell<number>('late', { validate: (n) => (n > 0 ? (Promise.resolve(true) as never) : true) })
    expect(() => late.update((n) => n + 1)).toThrow(/must be synchronous/)
    expect([failing.version, late.version]).toEqual([0, 0])
  })
})

describe('commits that meet', () => {
  it('are refused in a recipe or validator that commits to its own cell, so that no update is lost', () => {
    const store = createStore({ initial: 0 })
    const cell = store.cell<number>('a')
    const nested = (): number =>
      cell.update((n) => {
        cell.update((m) => m + 1)
        return n + 10
      })
    expect(thrown(nested)).toMatchObject({ code: 'ERR_GENPOOL_CONFLICT', reason: 'nested' })
    expect(cell.value).toBe(1)
    const inTransaction = (): unknown =>
      store.transaction(['a', 'b'], (draft) => {
        cell.update((n) => n + 1)
        draft.a += 10
        draft.b += 10
      })
    expect(inTransaction).toThrow(ConflictError)
    expect([store.get('a'), store.get('b')]).toEqual([2, 0])
    let tries = 0
    const checked: ReturnType<typeof store.cell<number>> = store.cell<number>('checked', {
      validate: (n) => n < 10 || tries++ > 0 || checked.update(() => 1) === 1,
    })
    expect(() => checked.update(() => 10)).toThrow(ConflictError)
    expect(() => checked.compareAndSet(1, 20)).not.toThrow()
    expect(checked.value).toBe(20)
  })

  it('wait in transactionWhenFree for every cell that is held, and two of them never block each other', async () => {
    const store = createStore({ initial: 0 })
    const [a, b] = [store.cell<number>('a'), store.cell<number>('b')]
    const holdA = await a.hold()
    const holdB = await b.hold()
    const add = (draft: Record<string, number>): void => {
      draft['a'] = (draft['a'] ?? 0) + 1
      draft['b'] = (draft['b'] ?? 0) + 1
    }
    expect(() => store.transaction(['a', 'b'], add)).toThrow(ConflictError)
    const both = [store.transactionWhenFree(['a', 'b'], add), store.transactionWhenFree(['b', 'a'], add)]
    holdB.release()
    holdA.release()
    await Promise.all(both)
    expect([a.value, b.value, a.held, b.held]).toEqual([2, 2, false, false])
    expect(store.transactionWhenFree(['a'], (draft) => void draft.a++)).toEqual({ a: 3 })
  })

  it('let go of every cell also when a transaction that waited is refused', async () => {
    const store = createStore({ initial: 0, validate: (n: unknown) => (n as number) < 5 })
    const [a, b] = [store.cell<number>('a'), store.cell<number>('b')]
    const hold = await b.hold()
    const late = store.transactionWhenFree(['a', 'b'], (draft) => void (draft.a = draft.b = 7))
    hold.release()
    await expect(late).rejects.toBeInstanceOf(InvalidError)
    expect([a.value, b.value, a.held, b.held]).toEqual([0, 0, false, false])
  })
})

describe('history', () => {
  it('is bounded by count, and what is older is not known', () => {
    const cell = createStore({ history: 3 }).cell('n', { initial: 0 })
    for (let i = 0; i < 10; i++) cell.update((n) => n + 1)
    expect([5, 6, 7, 8, 9, 10].map((version) => cell.patchesSince(version)?.length)).toEqual([
      undefined,
      undefined,
      1,
      1,
      1,
      0,
    ])
    expect(cell.patchesSince(7)).toEqual([{ op: 'replace', path: [], value: 10 }])
  })

  it("may be one cell's own, and there is none in plain mode", () => {
    const store = createStore({ history: 1 })
    const [short, long] = [store.cell('short', { initial: 0 }), store.cell('long', { initial: 0, history: 5 })]
    const plain = createStore({ mode: 'plain' }).cell('plain', { initial: 0, history: 5 })
    for (const cell of [short, long, plain]) for (let i = 0; i < 3; i++) cell.update((n) => n + 1)
    expect([short, long, plain].map((cell) => cell.patchesSince(0) !== undefined)).toEqual([false, true, false])
    expect(plain).toMatchObject({ value: 3, version: 3 })
  })
})
