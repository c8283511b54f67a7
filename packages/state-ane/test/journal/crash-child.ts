import { writeSync } from 'node:fs'
import { createStore, fileEngine } from '@genpool/state-ane'

/** Commits for as long as it lives: counts in three cells, and moves between two with a transaction. Tells what is acknowledged. */
const CELLS = ['a', 'b', 'c']

async function main(directory: string): Promise<void> {
  const store = createStore({ initial: 0, journal: { engine: fileEngine(directory), snapshotEvery: 25 } })
  await store.ready
  const versions = Object.fromEntries([...CELLS, 'from', 'to'].map((key) => [key, store.cell(key).version]))
  tell({
    start: { ...versions },
    values: CELLS.map((key) => store.get(key)),
    moved: [store.get('from'), store.get('to')],
  })
  const count = async (key: string): Promise<never> => {
    for (;;) {
      await store.cell<number>(key).update((n) => n + 1)
      tell({ done: key })
    }
  }
  const move = async (): Promise<never> => {
    for (;;) {
      await store.transaction(['from', 'to'], (draft) => {
        draft.from -= 1
        draft.to += 1
      })
      tell({ done: 'to' })
    }
  }
  await Promise.all([...CELLS.map(count), move()])
}

function tell(message: object): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}

void main(process.argv[2] as string)
