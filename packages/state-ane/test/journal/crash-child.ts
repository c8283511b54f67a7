import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { type AsyncStore, createStore, fileEngine } from '@genpool/state-ane'

/** For as long as it lives it commits to several stores: counts in four cells, in one of them with many in flight, and moves between two with a transaction. */
const COUNTED = ['a', 'b', 'c']
/** Counted by many at a time, so that commits are written in groups. */
const CROWDED = 'crowd'
const CROWD = 16

async function main(directory: string, stores: number): Promise<void> {
  const opened = Array.from({ length: stores }, (_, i) => {
    const engine = fileEngine(join(directory, String(i)))
    return createStore({ initial: 0, journal: { engine, snapshotEvery: 25 } })
  })
  await Promise.all(opened.map(({ ready }) => ready))
  tell({ starts: opened.map(startOf) })
  const crowd = Array.from({ length: CROWD }, () => CROWDED)
  await Promise.all(
    opened.flatMap((store, i) => [...[...COUNTED, ...crowd].map((key) => count(store, i, key)), move(store, i)]),
  )
}

function startOf(store: AsyncStore): object {
  const keys = [...COUNTED, CROWDED, 'from', 'to']
  const all = (what: (key: string) => unknown): object => Object.fromEntries(keys.map((key) => [key, what(key)]))
  return { versions: all((key) => store.cell(key).version), values: all((key) => store.get(key)) }
}

async function count(store: AsyncStore, i: number, key: string): Promise<never> {
  for (;;) {
    await store.cell<number>(key).update((n) => n + 1)
    tell({ store: i, done: key })
  }
}

async function move(store: AsyncStore, i: number): Promise<never> {
  for (;;) {
    await store.transaction(['from', 'to'], (draft) => {
      draft.from -= 1
      draft.to += 1
    })
    tell({ store: i, done: 'to' })
  }
}

function tell(message: object): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}

void main(process.argv[2] as string, Number(process.argv[3]))
