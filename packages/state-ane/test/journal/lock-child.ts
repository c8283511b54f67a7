import { writeSync } from 'node:fs'
import { createStore, fileEngine } from '@genpool/state-ane'

/** Opens a journal, commits once, tells the value, and lives on; or tells why it could not, and ends. */
async function main(directory: string, endsAtOnce: boolean): Promise<void> {
  const store = createStore({ initial: 0, journal: { engine: fileEngine(directory) } })
  await store.ready
  const value = await store.cell<number>('n').update((n) => n + 1)
  tell({ value })
  if (endsAtOnce) process.exit()
  setInterval(() => undefined, 1000)
}

function tell(message: object): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}

main(process.argv[2] as string, process.argv[3] === 'ends').catch((error: unknown) =>
  tell({ name: (error as Error).name, pid: (error as { pid?: number }).pid }),
)
