import * as stateAne from '@genpool/state-ane'
import {
  type AsyncStore,
  createStore,
  fileEngine,
  InvalidError,
  replicate,
  spawnState,
  type SyncStore,
} from '@genpool/state-ane'
import * as testing from '@genpool/state-ane/testing'
import { findActor } from '@genpool/runtime'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyValues, faultsOf, type Subject, subjectsOf, type Values } from '../../runtime/test/any-arguments'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */

let system: ActorSystemRef
let directory: string
let cwd: string
beforeEach(() => {
  system = start()
  directory = mkdtempSync(join(tmpdir(), 'genpool-any-'))
  cwd = process.cwd()
  // A directory that a wrong value names is made here.
  process.chdir(directory)
})
afterEach(() => {
  stop(system)
  process.chdir(cwd)
  rmSync(directory, { recursive: true, force: true })
})

/** What a user may mix up with a cell, a store or an actor. */
const others = (): Values => ({
  state: spawnState(system, 1),
  actor: nact.spawn(system, (state: unknown) => state),
  system,
  store: createStore(),
  cell: cell(),
  ...destroyed(),
})

function destroyed(): Values {
  const store = createStore()
  const lost = store.cell<any>('cell', { initial: { count: 1 } })
  store.destroy()
  return { 'destroyed store': store, 'destroyed cell': lost }
}

const cell = () => createStore().cell<any>('cell', { initial: { count: 1 } })
const journaled = (): AsyncStore => createStore({ journal: { engine: memoryEngine() as never } })
const memoryEngine = () => ({
  events: () => [],
  latestSnapshot: () => Promise.resolve(undefined),
  takeSnapshot: () => Promise.resolve(),
  persist: () => Promise.resolve(),
})
const log = () => new stateAne.PatchLog<any>(cell())
const replicaPorts = { send: () => undefined, tag: () => 0 }
const sessionPorts = {
  send: () => undefined,
  admit: () => undefined,
  committed: () => undefined,
  changed: () => undefined,
}
const backing = () => ({ ready: Promise.resolve(), known: () => undefined, write: () => Promise.resolve(true) })
const step = { run: () => ({ next: { count: 2 } }) }

/** Arguments that are right, so that each wrong one is seen beside them. */
const good: Record<string, () => readonly unknown[]> = {
  PatchLog: () => [cell(), () => undefined],
  ReplicaCell: () => ['cell', replicaPorts],
  ReplicaSession: () => [log(), sessionPorts],
  GroupCommit: () => [{ acquire: () => () => undefined, cells: () => [], write: () => Promise.resolve(true) }],
  backedStore: () => [{}, backing],
  spawnState: () => [system, 1, {}, undefined],
  createStore: () => [{}],
  replicate: () => [cell()],
  Replica: () => [replicate(cell()).stamp, 1],
  fileEngine: () => [directory, {}],
  holding: () => [cell(), () => 1],
  whenFree: () => [cell(), () => 1],
  transact: () => [cell(), step, {}],
  ConflictError: () => ['cell', 'held'],
  InvalidError: () => ['commit', []],
  LockedError: () => ['path', 1, 'host'],
  slowStore: () => [{}],
}

/** What an error says instead of the name of the function: the thing that is wrong. */
const speaksOf: Record<string, RegExp> = {
  createStore: /\bcreateStore\b|options of the store/,
  spawnState: /\bspawnState\b|options of (a )?state|name of a state|first value of cell/,
}

const exempt: Record<string, string> = {
  cellUnchecked: 'makes the cells of a pool, which makes the arguments itself; createStore is the public one',
  settleUnchecked: 'is the hot path of a pool, which makes the arguments itself; transact is the public one',
  transactUnchecked: 'is the hot path of a pool, which makes the arguments itself; transact is the public one',
}

const subjects = subjectsOf({ ...stateAne, ...testing }, exempt).map(({ name, run }): Subject => ({
  name,
  run,
  good: good[name],
  speaksOf: speaksOf[name],
}))

describe('every function of @genpool/state-ane', () => {
  it.each(subjects.map((subject) => [subject.name, subject] as const))(
    '%s gives a result or an error with a code, whatever its arguments are',
    async (_name, subject) => {
      expect(await faultsOf(subject, { ...anyValues(), ...others() })).toEqual([])
    },
  )
})

/** The methods of what these functions return: a new object for each call. */
const stores: Record<string, () => SyncStore | AsyncStore> = {
  'a store': createStore,
  'a store with a journal': journaled,
  'a store with a backing': () => stateAne.backedStore({}, backing),
  'a slow store': testing.slowStore as never,
}
const methods: [string, string, () => any, unknown[]][] = Object.entries(stores).flatMap(([name, make]) => [
  ...Object.entries({ cell: ['a', {}], transaction: [['a'], () => undefined], get: ['a'], put: ['a', 1] })
    .filter(([method]) => method in make())
    .map(([method, args]): [string, string, () => any, unknown[]] => [name, method, make, args]),
  ...Object.entries({
    update: [() => ({ count: 2 })],
    compareAndSet: [0, { count: 2 }],
    watch: [() => undefined],
    patchesSince: [0],
    hold: [],
  }).map(([method, args]): [string, string, () => any, unknown[]] => [
    `a cell of ${name}`,
    method,
    () => make().cell<any>('cell', { initial: { count: 1 } }),
    args,
  ]),
])
methods.push(
  ['a replicator', 'answer', () => replicate(cell()), [{ type: 'since', version: 0 }]],
  [
    'a replica',
    'receive',
    () => new stateAne.Replica(replicate(cell()).stamp, 1),
    [{ type: 'value', version: 1, value: 1 }],
  ],
  ['a replica', 'poll', () => new stateAne.Replica(replicate(cell()).stamp, 1), [0]],
  ['a log of patches', 'since', log, [0]],
  ['a log of patches', 'versionOf', log, [1]],
  ['a replica that commits', 'receive', () => new stateAne.ReplicaCell('cell', replicaPorts), [['value', 1, 1, 1]]],
  ['a replica that commits', 'update', () => new stateAne.ReplicaCell('cell', replicaPorts), [() => 1]],
  ['a replica that commits', 'compareAndSet', () => new stateAne.ReplicaCell('cell', replicaPorts), [-1, 1]],
  ['a replica that commits', 'patchesSince', () => new stateAne.ReplicaCell('cell', replicaPorts), [0]],
  ['a session', 'receive', () => new stateAne.ReplicaSession(log(), sessionPorts), [['hold', 1]]],
  ['a hold of a cell', 'update', () => cell().hold(), [() => ({ count: 2 })]],
  ['a hold of a cell', 'compareAndSet', () => cell().hold(), [0, { count: 2 }]],
  ['a cell of a destroyed store', 'update', () => destroyed()['destroyed cell'], [() => ({ count: 2 })]],
  ['a cell of a destroyed store', 'watch', () => destroyed()['destroyed cell'], [() => undefined]],
  ['a destroyed store', 'cell', () => destroyed()['destroyed store'], ['a', {}]],
  ['a destroyed store', 'transaction', () => destroyed()['destroyed store'], [['a'], () => undefined]],
  ['a fileEngine', 'events', () => fileEngine(directory), ['key', 0]],
  // Each has its own directory: the first one that reads has the lock.
  ['a fileEngine', 'latestSnapshot', () => fileEngine(mkdtempSync(join(directory, 'own-'))), ['key']],
)

describe('every method', () => {
  it.each(methods)('of %s: %s gives a result or an error with a code', async (name, method, make, args) => {
    const run = (...given: unknown[]): unknown => make()[method](...given)
    const speaksOf = /cell|transaction|draft|replica|fileEngine/
    const subject = { name: `${name}.${method}`, run, good: () => args, speaksOf }
    expect(await faultsOf(subject, { ...anyValues(), ...others() })).toEqual([])
  })
})

describe('what is something else is refused', () => {
  const refusedBy = (code: string, run: (value: any) => unknown, fine: readonly string[] = []) =>
    Object.entries({ ...anyValues() }).flatMap(([name, value]) => {
      if (fine.includes(name)) return []
      try {
        run(value)
        return [name]
      } catch (error) {
        return (error as { code?: string }).code === code ? [] : [`${name}: ${String(error)}`]
      }
    })
  const functions = ['function', 'callable proxy', 'class']
  const wrong = 'ERR_GENPOOL_OPTIONS'

  it.each<[string, (value: any) => unknown, readonly string[]]>([
    ['the cell of whenFree', (value) => stateAne.whenFree(value, () => 1), []],
    ['the cell of holding', (value) => stateAne.holding(value, () => 1), []],
    ['the cell of transact', (value) => stateAne.transact(value, step), []],
    ['the cell of replicate', (value) => replicate(value), []],
    ['the cell of a log', (value) => new stateAne.PatchLog(value), []],
    ['what a log calls', (value) => new stateAne.PatchLog(cell(), value), ['undefined', ...functions]],
    ['the log of a session', (value) => new stateAne.ReplicaSession(value, sessionPorts), []],
    ['the ports of a session', (value) => new stateAne.ReplicaSession(log(), value), []],
    ['the ports of a replica', (value) => new stateAne.ReplicaCell('cell', value), []],
    ['the ports of a group', (value) => new stateAne.GroupCommit(value), []],
    ['a message to a replica', (value) => new stateAne.ReplicaCell('cell', replicaPorts).receive(value), []],
    ['a message to a session', (value) => new stateAne.ReplicaSession(log(), sessionPorts).receive(value), []],
    ['a version for a log', (value) => log().since(value), ['zero', 'minus']],
    [
      'a version for a replica',
      (value) => new stateAne.ReplicaCell('cell', replicaPorts).compareAndSet(value, 1),
      ['zero', 'minus'],
    ],
    ['patches for a cell', (value) => (cell() as any).patch(value), ['empty array', 'array']],
  ])('%s', (_, run, fine) => {
    expect(refusedBy(wrong, run, fine)).toEqual([])
  })
})

describe('spawnState', () => {
  const refused = (run: () => unknown): any => {
    const before = [...findActor(system as never)!.children.keys()]
    try {
      run()
    } catch (error) {
      expect([...findActor(system as never)!.children.keys()]).toEqual(before)
      return error
    }
    throw new Error('was not refused')
  }

  it('says what a parent and a name have to be, and makes no cell in a store of the user', () => {
    const asked: unknown[] = []
    const own = createStore()
    const store = Object.assign(Object.create(own) as SyncStore, {
      cell: (key: unknown) => (asked.push(key), own.cell(key as string)),
    })
    for (const parent of [undefined, {}, 5]) {
      expect(refused(() => spawnState(parent as never, 1, { store }, 'one'))).toMatchObject({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringContaining('The parent of state "one" is wrong'),
      })
    }
    expect(refused(() => spawnState(system, 1, { store }, 'a b'))).toMatchObject({ issues: [{ path: ['name'] }] })
    expect(asked).toEqual([])
  })
})

describe('a recipe that is no function', () => {
  it('is refused, and the cell stays as it was', () => {
    const one = cell()
    for (const recipe of [undefined, null, 5, { count: 3 }]) {
      expect(() => one.update(recipe as never)).toThrow(InvalidError)
      expect(() => one.update(recipe as never)).toThrow('a recipe has to be a function')
    }
    expect([one.value, one.version]).toEqual([{ count: 1 }, 0])
  })
})

describe('a watcher that is no function', () => {
  it.each(Object.entries(stores))('is refused by a cell of %s, and commits go on', async (_name, make) => {
    const one = make().cell<any>('cell', { initial: { count: 1 } })
    for (const watcher of [undefined, null, 5, {}]) {
      expect(() => one.watch(watcher as never)).toThrow(
        /watcher given to watch of a cell is wrong: expected a function/,
      )
    }
    expect(await one.update((draft: { count: number }) => void draft.count++)).toEqual({ count: 2 })
  })
})

describe('a version that is none', () => {
  it.each(Object.entries(stores))('is refused by a cell of %s, which stays as it was', async (_name, make) => {
    const one = make().cell<any>('cell', { initial: { count: 1 } })
    const wrong = {
      code: 'ERR_GENPOOL_OPTIONS',
      message: expect.stringContaining('expected a version of the cell') as string,
    }
    for (const version of [undefined, null, NaN, '0', 0.5]) {
      const hold = await one.hold()
      const inHold = (async () => hold.compareAndSet(version as never, { count: 2 }))()
      await expect(inHold).rejects.toMatchObject(wrong)
      hold.release()
      // A slow store learns later that it is free.
      await one.fresh?.()
      await expect((async () => one.compareAndSet(version as never, { count: 2 }))()).rejects.toMatchObject(wrong)
      await expect((async () => one.patchesSince(version as never))()).rejects.toMatchObject(wrong)
    }
    expect([one.value, one.version]).toEqual([{ count: 1 }, 0])
  })
})
