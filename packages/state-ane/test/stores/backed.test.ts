import { type Backing, backedStore, type Mirror } from '@genpool/state-ane'

/** A store whose backing does what the test says. */
function backed(more: Partial<Backing> = {}) {
  let mirror!: Mirror
  const store = backedStore({ initial: 0, name: 'far' }, (given) => {
    mirror = given
    const write: Backing['write'] = (_, put) => Promise.resolve(put()).then(() => true)
    return { ready: Promise.resolve(), shared: true, known: () => undefined, write, ...more }
  })
  return { store, mirror }
}

describe('a store with a backing of its own', () => {
  it('begins with what the backing has kept', async () => {
    const { store } = backed({ known: (key) => (key === 'x' ? { version: 3, value: 30 } : undefined) })
    const cell = store.cell('x')
    await store.ready
    expect([cell, store.cell('y')]).toMatchObject([
      { version: 3, value: 30 },
      { version: 0, value: 0 },
    ])
    expect(await cell.update((n: unknown) => (n as number) + 1)).toBe(31)
  })

  it('shows what others have committed, and tells watchers once, also if the version jumps', async () => {
    const { store, mirror } = backed()
    await store.ready
    const cell = store.cell<unknown>('x')
    const told: unknown[] = []
    cell.watch((value, version, patches) => void told.push([value, version, patches.length]))
    mirror.arrive([
      { key: 'x', version: 5, value: { n: 1 } },
      { key: 'unused', version: 1, value: 1 },
    ])
    mirror.arrive([{ key: 'x', version: 6, value: { n: 2 } }])
    expect(cell).toMatchObject({ version: 6, value: { n: 2 } })
    expect(Object.isFrozen(cell.value)).toBe(true)
    expect(told).toEqual([
      [{ n: 1 }, 5, 1],
      [{ n: 2 }, 6, 1],
    ])
    expect([cell.patchesSince(5), cell.patchesSince(4)]).toEqual([
      [{ op: 'replace', path: ['n'], value: 2 }],
      undefined,
    ])
  })

  it('takes an older version back, and another value of the same version; the same value is no news', async () => {
    const { store, mirror } = backed()
    await store.ready
    const cell = store.cell<unknown>('x')
    mirror.arrive([{ key: 'x', version: 5, value: 'five' }])
    const told: unknown[] = []
    cell.watch((value, version) => void told.push([value, version]))
    mirror.arrive([{ key: 'x', version: 5, value: 'five' }])
    mirror.arrive([{ key: 'x', version: 3, value: 'three' }])
    mirror.arrive([{ key: 'x', version: 3, value: 'another' }])
    mirror.arrive([{ key: 'x', version: 4, value: 'four' }])
    expect(told).toEqual([
      ['three', 3],
      ['another', 3],
      ['four', 4],
    ])
  })

  it('changes no cell if a validator refuses one of the values that arrive', async () => {
    const { store, mirror } = backed()
    await store.ready
    store.cell('a')
    store.cell<number>('b', { validate: (n) => n < 5 })
    const arrive = () =>
      mirror.arrive([
        { key: 'a', version: 1, value: 1 },
        { key: 'b', version: 1, value: 7 },
      ])
    expect(arrive).toThrow(/commit to cell "b"/)
    expect([store.get('a'), store.get('b')]).toEqual([0, 0])
  })

  it('gives a lease back that comes after the store was destroyed', async () => {
    let released = 0
    let come!: (lease: { check(): void; release(): void }) => void
    const { store } = backed({ lease: () => new Promise((resolve) => (come = resolve)) })
    await store.ready
    const held = Promise.resolve(store.cell('x').hold()).catch((error: unknown) => error)
    for (let i = 0; i < 10; i++) await undefined
    store.destroy()
    come({ check: () => undefined, release: () => void released++ })
    expect(await held).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    expect(released).toBe(1)
  })

  it('gives a cell back if no lease comes', async () => {
    let fails = true
    const lease = { check: () => undefined, release: () => undefined }
    const { store } = backed({ lease: () => (fails ? Promise.reject(new Error('gone')) : Promise.resolve(lease)) })
    const cell = store.cell<number>('x')
    await expect(cell.hold()).rejects.toThrow('gone')
    fails = false
    const hold = await cell.hold()
    expect(await hold.update((n) => n + 1)).toBe(1)
    hold.release()
    expect(await cell.update((n) => n + 1)).toBe(2)
  })
})
