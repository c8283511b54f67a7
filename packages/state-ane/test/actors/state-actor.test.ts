import { dispatch, query, type Ref, spawn, start, stop } from 'nact'
import { createStore, type Changed, spawnState, type StateMessage, type StateRef } from '@genpool/state-ane'
import { slowStore } from '@genpool/state-ane/testing'

interface Account {
  readonly money: number
  readonly log: readonly string[]
}
const EMPTY: Account = { money: 0, log: [] }
const recipes = {
  pay: (draft: { money: number }, amount: number) => void (draft.money += amount),
  late: (async () => Promise.resolve()) as never,
}

describe('spawnState', () => {
  let system: Ref<never>
  let account: StateRef<Account>
  const ask = (message: StateMessage<Account>, timeout = 1000): Promise<unknown> =>
    query(account as Ref<never>, message as never, timeout)
  /** An actor that keeps what it is told. */
  const listener = (name: string): { readonly ref: Ref<Changed<Account>>; readonly told: unknown[] } => {
    const told: unknown[] = []
    const ref = spawn(system, (_state: unknown, message: unknown) => void told.push(message), name)
    return { ref: ref as Ref<Changed<Account>>, told }
  }
  /** Whatever was dispatched so far has arrived. */
  const arrived = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

  beforeEach(() => {
    system = start() as Ref<never>
    account = spawnState(system, EMPTY, { recipes, validate: ({ money }) => money >= 0 || 'no credit' }, 'account')
  })
  afterEach(() => stop(system))

  it('takes a message from a factory, as the types of nact ask for', async () => {
    const paid = query(account, () => ({ type: 'update', recipe: 'pay', argument: 5 }), 1000)
    expect(await paid).toMatchObject({ version: 1 })
    const thrown = query(
      account,
      () => {
        throw new Error('no message')
      },
      1000,
    )
    await expect(thrown).rejects.toThrow('no message')
  })

  it.each([[-1], ['soon']])('refuses a query whose timeout is %p, and commits nothing', async (timeout) => {
    await expect(ask({ type: 'update', recipe: 'pay', argument: 5 }, timeout as number)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('The timeout of a query is wrong: expected milliseconds >= 0, got ') as string,
    })
    expect(await ask({ type: 'read' }, Infinity)).toEqual({ value: EMPTY, version: 0 })
  })

  it('answers queries with the value and its version', async () => {
    expect(await ask({ type: 'read' })).toEqual({ value: EMPTY, version: 0 })
    expect(await ask({ type: 'update', recipe: 'pay', argument: 5 })).toEqual({
      value: { money: 5, log: [] },
      version: 1,
    })
    const next = { money: 7, log: ['x'] }
    expect(await ask({ type: 'compareAndSet', version: 0, next })).toMatchObject({ done: false, version: 1 })
    expect(await ask({ type: 'compareAndSet', version: 1, next })).toEqual({ value: next, version: 2, done: true })
    expect(Object.isFrozen(next)).toBe(false)
    const patches = [{ op: 'add' as const, path: ['log', 1], value: 'y' }]
    expect(await ask({ type: 'patch', base: 2, patches })).toMatchObject({ value: { log: ['x', 'y'] }, version: 3 })
  })

  it.each<[string, unknown, string]>([
    ['an unknown type', { type: 'steal' }, 'ERR_GENPOOL_INVALID'],
    ['no object', 5, 'ERR_GENPOOL_INVALID'],
    ['an unknown field', { type: 'read', x: 1 }, 'ERR_GENPOOL_INVALID'],
    ['an unknown recipe', { type: 'update', recipe: 'toString' }, 'ERR_GENPOOL_INVALID'],
    ['an asynchronous recipe', { type: 'update', recipe: 'late' }, 'ERR_GENPOOL_INVALID'],
    ['a value that the validator refuses', { type: 'update', recipe: 'pay', argument: -1 }, 'ERR_GENPOOL_INVALID'],
    ['a stale base', { type: 'patch', base: 7, patches: [] }, 'ERR_GENPOOL_CONFLICT'],
    [
      'a hostile patch',
      { type: 'patch', base: 0, patches: [{ op: 'add', path: ['__proto__', 'x'], value: 1 }] },
      'ERR_GENPOOL_INVALID',
    ],
    ['a watcher that is none', { type: 'watch', watcher: { path: 1, system: {} } }, 'ERR_GENPOOL_INVALID'],
    ['a watch from nobody', { type: 'watch' }, 'ERR_GENPOOL_INVALID'],
  ])('refuses %s and changes nothing', async (_, message, code) => {
    await expect(ask(message as never)).rejects.toMatchObject({ code })
    expect(await ask({ type: 'read' })).toEqual({ value: EMPTY, version: 0 })
  })

  it('answers a dispatch to its sender', async () => {
    const { ref, told } = listener('sender')
    const send = dispatch as (to: unknown, message: unknown, sender: unknown) => void
    send(account, { type: 'update', recipe: 'pay', argument: 1 }, ref)
    send(account, { type: 'steal' }, ref)
    await arrived()
    await arrived()
    expect(told).toMatchObject([
      { type: 'answer', value: { money: 1 }, version: 1 },
      { type: 'refused', error: { code: 'ERR_GENPOOL_INVALID' } },
    ])
  })

  it('tells watchers of each commit once and in order, until they leave or stop', async () => {
    const [one, two] = [listener('one'), listener('two')]
    await ask({ type: 'watch', watcher: one.ref })
    await ask({ type: 'watch', watcher: one.ref })
    await ask({ type: 'watch', watcher: two.ref })
    for (const argument of [1, 2]) await ask({ type: 'update', recipe: 'pay', argument })
    await ask({ type: 'unwatch', watcher: one.ref })
    for (let i = 0; i < 4; i++) await arrived()
    stop(two.ref)
    // A later actor of the same name has not asked for anything.
    const heir = listener('two')
    await ask({ type: 'update', recipe: 'pay', argument: 3 })
    for (let i = 0; i < 4; i++) await arrived()
    const versions = (told: unknown[]): unknown[] => (told as Changed<Account>[]).map(({ version }) => version)
    expect([one, two, heir].map(({ told }) => versions(told))).toEqual([[1, 2], [1, 2], []])
    expect(one.told[0]).toEqual({
      type: 'changed',
      value: { money: 1, log: [] },
      version: 1,
      patches: [{ op: 'replace', path: ['money'], value: 1 }],
      inversePatches: [{ op: 'replace', path: ['money'], value: 0 }],
    })
  })

  it('shares the cell of a store with code and with other actors', async () => {
    const store = createStore()
    const options = { store, key: 'shared', recipes }
    const [a, b] = [spawnState(system, EMPTY, options, 'a'), spawnState(system, EMPTY, options, 'b')]
    const pay = { type: 'update', recipe: 'pay', argument: 1 } as never
    await Promise.all([query(a as Ref<never>, pay, 1000), query(b as Ref<never>, pay, 1000)])
    expect(store.cell('shared').value).toEqual({ money: 2, log: [] })
    stop(a)
    expect(store.destroyed).toBe(false)
  })

  it('works on a store whose commits are promises', async () => {
    account = spawnState(system, EMPTY, { store: slowStore(), recipes }, 'slow')
    const pay: StateMessage<Account> = { type: 'update', recipe: 'pay', argument: 1 }
    await Promise.all([ask(pay), ask(pay), ask(pay)])
    expect(await ask({ type: 'read' })).toMatchObject({ value: { money: 3 }, version: 3 })
    const patch: StateMessage<Account> = {
      type: 'patch',
      base: 3,
      patches: [{ op: 'replace', path: ['money'], value: 9 }],
    }
    const both = await Promise.allSettled([ask(patch), ask(patch)])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(both[1]).toMatchObject({ reason: { code: 'ERR_GENPOOL_CONFLICT' } })
  })

  it('refuses a query whose time is over before it gets the cell', async () => {
    const store = createStore()
    account = spawnState(system, EMPTY, { store, recipes }, 'held')
    const hold = await store.cell('state').hold()
    await expect(ask({ type: 'update', recipe: 'pay', argument: 1 }, 5)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
      started: false,
    })
    hold.release()
    await arrived()
    expect(store.cell('state').version).toBe(0)
  })

  it('rejects queries after it has stopped, and lets go of its watchers', async () => {
    const one = listener('one')
    const store = createStore()
    account = spawnState(system, EMPTY, { store, recipes }, 'stopping')
    await ask({ type: 'watch', watcher: one.ref })
    stop(account)
    store.cell<Account>('state').update((draft) => void (draft.money = 1))
    await arrived()
    expect(one.told).toEqual([])
  })

  it('names the option that it does not know', () => {
    expect(() => spawnState(system, 0, { recipe: {} } as never)).toThrow(
      /unknown key "recipe" \(did you mean "recipes"\?\)/,
    )
  })
})
