import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AsyncStore, FileEngine } from '@genpool/state-ane'
import type { House } from '../house'
import { PATIENCE_MS } from '../pools'
import { type Contender, lanes, type Race, rival } from '../race'

const WIDTH = 64

interface Counter {
  readonly count: number
  readonly name: string
}
const add = (draft: { count: number }): void => {
  draft.count += 1
}

/** Files that are collected while they are open make Node complain. */
const engines: FileEngine[] = []

/** Opens a store with a journal of its own, which is deleted when the process ends. */
async function open({ states }: House, disk: string): Promise<AsyncStore> {
  const directory = mkdtempSync(join(disk, 'genpool-journal-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const engine = states.fileEngine(directory)
  engines.push(engine)
  const store = states.createStore({ initial: () => ({ count: 0, name: 'counter' }), journal: { engine } })
  await store.ready
  return store
}

function poolOn(house: House, store: AsyncStore): () => Promise<unknown> {
  const { definePool, reply, spawnPool, call } = house.core
  const Counters = definePool({
    init: () => ({ count: 0, name: 'counter' }),
    calls: { add: (_message, _state) => reply((committed) => committed.count, add) },
  })
  const pool = spawnPool(house.system, Counters, undefined, {
    size: WIDTH,
    timeout: PATIENCE_MS,
    state: { store, key: 'one' },
  })
  return () => call(pool, { type: 'add' })
}

/** The same commits, many in flight against one at a time. Both write to the same disk. */
export function journalRaces(disk = tmpdir()): readonly Race[] {
  const race = (
    title: string,
    make: (store: AsyncStore, house: House) => () => unknown,
    bars: readonly [number, number] = [15, 30],
  ): Race => {
    const side = async (house: House, width: number): Promise<Contender> => {
      const commit = make(await open(house, disk), house)
      return lanes(width, [undefined], () => commit())
    }
    return {
      title: `${title}, ${WIDTH} in flight`,
      ours: (house) => side(house, WIDTH),
      mixed: false,
      rivals: [rival('one at a time', (house) => side(house, 1), ...bars)],
    }
  }
  return [
    race('journaled commits of one cell', (store) => () => store.cell<Counter>('one').update(add)),
    race(
      'journaled transactions on two cells',
      (store) => () => store.transaction(['a', 'b'], (draft) => [draft.a, draft.b].forEach(add)),
    ),
    race('journaled calls of a pool of 64 members', (store, house) => poolOn(house, store)),
  ]
}
