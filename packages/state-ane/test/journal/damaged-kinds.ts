import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Copy, type File, type MadeJournal, makeJournal } from './damaged-journal'

/** Journals that the tests of the file that imports this may damage, by what is in their files. */
const KINDS = {
  'without a snapshot': { snapshotEvery: 100, compact: true },
  'with a snapshot and later records': { snapshotEvery: 7, compact: true },
  'with a snapshot of everything': { snapshotEvery: 9, compact: true },
  'with a snapshot and all records': { snapshotEvery: 7, compact: false },
}
export type Kind = keyof typeof KINDS
const made: Partial<Record<Kind, MadeJournal>> = {}
const copies: Copy[] = []
/** A copy of one of them, removed after the test. */
export const copyOf = (kind: Kind): Copy => {
  const copy = new Copy(made[kind] as MadeJournal)
  copies.push(copy)
  return copy
}

beforeAll(async () => {
  for (const [kind, options] of Object.entries(KINDS)) made[kind as Kind] = await makeJournal(options)
})
afterEach(() => copies.splice(0).forEach((copy) => copy.remove()))
afterAll(() => Object.values(made).forEach(({ directory }) => rmSync(directory, { recursive: true })))

/** Damage: one bit is another one. */
export const flip = (bit: number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes)
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
  return changed
}
export const sizeOf = (kind: Kind, file: File): number =>
  statSync(join((made[kind] as MadeJournal).directory, file)).size
const filesOf = (kind: Kind): File[] =>
  kind === 'without a snapshot' ? ['store.log'] : ['store.log', 'store.snapshot']
/** Each kind with each of its files. */
export const places = (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
  filesOf(kind).map((file) => [kind, file] as const),
)
