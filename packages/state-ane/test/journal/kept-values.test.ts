import { type AsyncStore, createStore, fileEngine, JournalError } from '@genpool/state-ane'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine, reopened } from './memory-engine'
import { type Note, opened } from './note'

const deep = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as unknown
const cyclic = (): object => {
  const made: Record<string, unknown> = { inner: {} }
  made['inner'] = { list: [made] }
  return made
}

async function afterRestart(initial: Note, ...commits: ((draft: Note) => Note | void)[]): Promise<[unknown, unknown]> {
  const engine = memoryEngine()
  const store = await opened(engine, initial)
  for (const commit of commits) await store.cell<Note>('note').update(commit as never)
  const again = await opened(engine)
  return [store.cell('note').value, again.cell('note').value]
}

const WAYS: Record<string, (store: AsyncStore, value: unknown) => unknown> = {
  'a recipe': (store, value) => store.cell<Note>('note').update((draft) => void (draft['value'] = value)),
  'a returned value': (store, value) => store.cell<Note>('note').update(() => ({ value })),
  put: (store, value) => store.put('note', { value }),
  'a transaction': (store, value) => store.transaction(['note'], (draft) => void (draft['note'].value = value)),
}

describe.each(Object.entries(WAYS))('%s with a value that could not be read again', (_, commit) => {
  it.each([
    ['nested too deep', () => deep(2000), /nested (more than 500 levels|too) deep/],
    ['that contains itself', cyclic, /value\.inner\.list.*contains itself/s],
    ['with a symbol as a name', () => ({ [Symbol('secret')]: 1 }), /value.*Symbol\(secret\) is a symbol/s],
    ['deep within a key of a map', () => new Map([[deep(600), 1]]), /nested more than 500 levels/],
    [
      'deep within a property of an array',
      () => Object.assign([1], { more: deep(600) }),
      /nested more than 500 levels/,
    ],
    ['deep within causes of errors', () => causes(600), /nested more than 500 levels/],
    ['that is a function', () => () => 1, /value.*is a function/s],
    ['that is a symbol', () => Symbol('secret'), /value.*is a symbol/s],
    ['with a function within it', () => ({ list: [1, { then: () => 1 }] }), /value\.list\.1\.then.*is a function/s],
    ['with a function in a map', () => new Map([['f', () => 1]]), /value\.f.*is a function/s],
    ['with a symbol as a key of a map', () => new Map([[Symbol('k'), 1]]), /value\.a key.*is a symbol/s],
    ['with a function in a set', () => new Set([1, () => 1]), /value\[1\].*is a function/s],
    [
      'with a function in a long list',
      () => [...Array<number>(20_000).fill(1), () => 1],
      /value\[20000\].*is a function/s,
    ],
    [
      'with a function as the cause of an error',
      () => new Error('last', { cause: () => 1 }),
      /value\.cause.*is a function/s,
    ],
    ['with a promise', () => ({ list: [Promise.resolve()] }), /value\.list\.0.*is a promise/s],
    [
      'with bytes that threads share',
      () => new Uint8Array(new SharedArrayBuffer(8)),
      /value: it shows memory that threads share/,
    ],
    [
      'with a view of memory that threads share, in a list',
      () => [1, new DataView(new SharedArrayBuffer(8))],
      /value\.1: it shows memory that threads share.*Put a copy there/,
    ],
    ['with a proxy', () => ({ inner: new Proxy({}, {}) }), /value\.inner.*cannot be written/s],
    ['with a weak map', () => new Map([['a', { weak: new WeakMap() }]]), /value\.a\.weak.*WeakMap/s],
    ['with a set of promises', () => new Set([1, Promise.resolve()]), /value\[1\].*is a promise/s],
    ['with a promise as a key of a map', () => new Map([[Promise.resolve(), 1]]), /value\.a key.*is a promise/s],
    [
      'with a promise as the cause of an error',
      () => new Error('last', { cause: Promise.resolve() }),
      /value\.cause.*is a promise/s,
    ],
    ['with a buffer that was given away', () => ({ bytes: givenAway() }), /value\.bytes.*detached/s],
    ['with a part of Node', () => ({ blob: new Blob(['x']) }), /value\.blob/],
  ])('is refused, alone, when it is %s', async (_name, value, message) => {
    const engine = memoryEngine()
    const store = await opened(engine)
    await store.cell<Note>('note').update((draft) => void (draft['first'] = true))
    const [refused, other] = await Promise.allSettled([
      (async () => commit(store, value()))(),
      store.cell<Note>('note').update((draft) => void (draft['other'] = true)),
    ])
    expect(refused).toMatchObject({
      reason: { code: 'ERR_GENPOOL_INVALID', message: expect.stringMatching(message) as string },
    })
    expect(other.status).toBe('fulfilled')
    expect((await opened(engine)).cell('note').value).toEqual({ first: true, other: true })
  })
})

function givenAway(): ArrayBuffer {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

function causes(levels: number): Error {
  let error = new Error('last')
  for (let i = 0; i < levels; i++) error = new Error(String(i), { cause: error })
  return error
}

describe('a value that is refused for its depth', () => {
  it.each([5000, 100_000])(
    'is refused with a code also when nothing could go through it: %i levels',
    async (levels) => {
      let value: unknown = 1
      for (let i = 0; i < levels; i++) value = { value }
      for (const commit of Object.values(WAYS)) {
        const store = await opened(memoryEngine())
        await expect((async () => commit(store, value))()).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      }
    },
  )

  it('counts the levels above it, and what the cell starts with', async () => {
    const store = await opened(memoryEngine(), { value: deep(499) } as Note)
    const cell = store.cell<Note>('note')
    await cell.update((draft) => void (draft['n'] = 1))
    await expect(cell.update((draft) => ({ outer: draft['value'] }) as never)).resolves.toBeDefined()
    const tooDeep = await opened(memoryEngine(), { value: deep(500) } as Note)
    await expect(tooDeep.cell<Note>('note').update((draft) => void (draft['n'] = 1))).rejects.toThrow('500 levels')
  })
})

describe('after a restart, a cell has', () => {
  it('the items of a set that were changed or taken out, and not what they were before', async () => {
    const [live, read] = await afterRestart(
      { set: new Set() },
      (draft) => void (draft['set'] = new Set([{ n: 1 }, { n: 2 }, { n: 3 }])),
      (draft) => {
        const set = draft['set'] as Set<{ n: number }>
        const [first, second] = set
        ;(first as { n: number }).n = 10
        set.delete(second as never)
      },
    )
    expect(read).toEqual(live)
    expect([...(read as { set: Set<unknown> }).set]).toHaveLength(2)
  })

  it('the order of keys and items, also of what was taken out and put back', async () => {
    const moved = (draft: Note): void => {
      const { map, set, object } = draft as { map: Map<string, number>; set: Set<string>; object: Note }
      map.delete('a')
      map.set('a', 1)
      set.delete('a')
      set.add('a')
      delete object['a']
      object['a'] = 1
    }
    const parts = {
      map: new Map([...'abc'].map((name) => [name, 1])),
      set: new Set('abc'),
      object: { a: 1, b: 1, c: 1 },
    }
    const [, read] = await afterRestart(parts, (draft) => void (draft['n'] = 1), moved)
    const { map, set, object } = read as typeof parts
    expect([[...map.keys()], [...set], Object.keys(object)].join(' ')).toBe('b,c,a b,c,a b,c,a')
  })
  it('what stands in a map under a key that is an object', async () => {
    const [live, read] = await afterRestart(
      {},
      (draft) =>
        void (draft['map'] = new Map([
          [{ key: 1 }, { n: 1 }],
          [{ key: 2 }, { n: 2 }],
        ])),
      (draft) => {
        const map = draft['map'] as Map<object, { n: number }>
        const [first, second] = map.keys()
        ;(map.get(first as object) as { n: number }).n = 5
        map.delete(second as object)
      },
    )
    expect(read).toEqual(live)
    expect([...(read as { map: Map<unknown, unknown> }).map.values()]).toEqual([{ n: 5 }])
  })

  it('what stands in a map under a number, a boolean or nothing', async () => {
    const [live, read] = await afterRestart(
      {},
      (draft) =>
        void (draft['map'] = new Map<unknown, unknown>([
          [1, { n: 1 }],
          [true, { n: 1 }],
          [null, { n: 1 }],
        ])),
      (draft) => {
        for (const part of (draft['map'] as Map<unknown, { n: number }>).values()) part.n++
      },
    )
    expect(read).toEqual(live)
  })

  it('named properties of an array, as long as it has them before', async () => {
    const commits: ((draft: Note) => void)[] = [
      (draft) => void (draft['n'] = 1),
      (draft) => void (draft['list'] = Object.assign([{ n: 1 }], { more: { n: 1 } })),
      (draft) => void (draft['n'] = 2),
      // Immer's copy of an array has its elements alone.
      (draft) => void ((draft['list'] as { n: number }[])[0] as { n: number }).n++,
    ]
    for (const { length } of [1, 2, 3, 4].map((most) => commits.slice(0, most))) {
      const [live, read] = await afterRestart({}, ...commits.slice(0, length))
      expect(read).toEqual(live)
      if (length === 3) expect(Object.keys((read as { list: object }).list)).toEqual(['0', 'more'])
    }
  })

  it('a part that stands in it in many places, at once', async () => {
    let part: unknown = ['x']
    for (let i = 0; i < 60; i++) part = [part, part]
    const engine = memoryEngine()
    const store = await opened(engine)
    await store.cell<Note>('note').update((draft) => void (draft['many'] = part))
    await store.cell<Note>('other').update((draft) => void (draft['n'] = 1))
    await store.cell<Note>('note').update((draft) => void (draft['n'] = 1))
    expect((await opened(engine)).cell<Note>('note').value['n']).toBe(1)
  })
})

describe('a journal that has a record which cannot be read', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'genpool-deep-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('says which record and which cell, and how to go on', async () => {
    const engine = fileEngine(directory)
    const store = createStore({ initial: 0, journal: { engine } })
    await store.cell<number>('money').update(() => 100)
    // As it was written before such values were refused.
    const changes = [{ key: 'note', version: 1, patches: [{ op: 'replace', path: [], value: deep(2500) }] }]
    await engine.persist({
      data: { changes },
      sequenceNumber: 2,
      key: 'store',
      tags: [],
      createdAt: 0,
      isDeleted: false,
    })
    await engine.close()
    const again = fileEngine(directory)
    const { ready } = createStore({ journal: { engine: again } })
    await expect(ready).rejects.toMatchObject({
      code: 'ERR_GENPOOL_JOURNAL',
      message: expect.stringMatching(/store\.log.*record 2, cell "note".*--stack-size/s) as string,
    })
    await again.close()
  })

  it('says so of one whose patches lead nowhere', async () => {
    const engine = memoryEngine()
    await (await opened(engine)).cell<Note>('note').update((draft) => void (draft['n'] = 1))
    const changes = [{ key: 'note', version: 2, patches: [{ op: 'replace', path: ['gone', 'n'], value: 1 }] }]
    await engine.persist({ ...engine.log[0], data: { changes }, sequenceNumber: 2 } as never)
    const { ready } = createStore({ journal: { engine: reopened(engine) } })
    await expect(ready).rejects.toThrow(JournalError)
    await expect(ready).rejects.toThrow(/Record 2.*version 2 of cell "note".*"gone"/s)
  })

  it('reads one whose value contains itself', async () => {
    const engine = memoryEngine()
    const changes = [{ key: 'note', version: 1, patches: [{ op: 'replace', path: [], value: cyclic() }] }]
    await engine.persist({
      data: { changes },
      sequenceNumber: 1,
      key: 'store',
      tags: [],
      createdAt: 0,
      isDeleted: false,
    })
    const value = (await opened(engine)).cell<{ inner: { list: unknown[] } }>('note').value
    expect(value.inner.list[0]).toBe(value)
  })
})
