import type { JournalError } from '@genpool/state-ane'
import fc from 'fast-check'
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Copy, File } from './damaged-journal'
import { copyOf, flip, places, sizeOf } from './damaged-kinds'
import { frame, MAGIC } from '../../src/journal/frames'

const RUNS = Math.round(Number(process.env['GENPOOL_LAW_RUNS'] ?? 1000) / 100)

/** Where a record ends in the file before it was damaged. */
function ends(copy: Copy, file: File): number[] {
  const bytes = readFileSync(join(copy.journal.directory, file))
  const found = [MAGIC.length]
  for (let at = MAGIC.length; at < bytes.length; found.push(at)) at += 8 + bytes.readUInt32BE(at)
  return found
}

/** What must hold of each journal that was damaged. */
async function checkRemedies(
  copy: Copy,
  damaged: { file: File; damage: () => void; atMost?: number },
): Promise<number> {
  damaged.damage()
  const { errors, opened } = await copy.follow()
  const { history, last } = copy.journal
  expect(history).toContainEqual(opened.pair)
  if (errors.length === 0) {
    // A log that ends between two records is as it was earlier. Beside a snapshot, it was never without any.
    const hasNone = damaged.atMost === MAGIC.length && existsSync(copy.path('store.snapshot'))
    const isEarlier = damaged.atMost !== undefined && ends(copy, damaged.file).includes(damaged.atMost) && !hasNone
    if (!isEarlier && JSON.stringify(opened.pair) !== JSON.stringify(last)) expect(opened.warnings).not.toEqual([])
    return 0
  }
  const [first] = errors as [JournalError]
  expect(first).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL', name: 'JournalError', path: copy.path(damaged.file) })
  expect(first.message).toContain(copy.path(damaged.file))
  expect(first.message).toContain('Nothing was changed')
  if (damaged.atMost !== undefined) {
    expect(first.position).toBeLessThanOrEqual(damaged.atMost)
    expect(first.message).toContain(`damaged at byte ${first.position}`)
  }
  if (/[Nn]othing is lost/.test(first.message)) expect(opened.pair).toEqual(last)
  else expect(first.message).toContain('backup')
  return errors.length
}

describe.each(places)('a journal %s, of which %s', (kind, file) => {
  it('has a flipped bit anywhere, is refused, and opens again as the error says', async () => {
    const law = fc.asyncProperty(fc.nat({ max: sizeOf(kind, file) * 8 - 1 }), async (bit) => {
      const copy = copyOf(kind)
      const damage = (): void => copy.change(file, flip(bit))
      expect(await checkRemedies(copy, { file, damage, atMost: bit >> 3 })).toBeGreaterThan(0)
      copy.remove()
    })
    await fc.assert(law, { numRuns: RUNS, examples: [[0], [63], [64], [sizeOf(kind, file) * 8 - 1]] })
  }, 60_000)

  it('was cut anywhere, opens with a warning or is refused, and opens again as the error says', async () => {
    const law = fc.asyncProperty(fc.nat({ max: sizeOf(kind, file) - 1 }), async (length) => {
      const copy = copyOf(kind)
      const damage = (): void => copy.change(file, (bytes) => bytes.subarray(0, length))
      const errors = await checkRemedies(copy, { file, damage, atMost: length })
      if (file === 'store.snapshot' || length < MAGIC.length) expect(errors).toBeGreaterThan(0)
      copy.remove()
    })
    await fc.assert(law, { numRuns: RUNS, examples: [[0], [1], [8]] })
  }, 60_000)

  it.each<[string, (copy: Copy) => void]>([
    ['is empty', (copy) => truncateSync(copy.path(file), 0)],
    ['is zeros', (copy) => copy.change(file, ({ length }) => Buffer.alloc(length))],
    ['is another kind of file', (copy) => writeFileSync(copy.path(file), '#!/bin/sh\necho hello\n'.repeat(50))],
    ['is a directory', (copy) => (rmSync(copy.path(file)), mkdirSync(copy.path(file)))],
    [
      'is another kind of file of an engine',
      (copy) =>
        writeFileSync(
          copy.path(file),
          Buffer.concat([
            MAGIC,
            frame(file === 'store.log' ? { sequenceNumber: 1, data: { cells: [] } } : [{ sequenceNumber: 1 }]),
          ]),
        ),
    ],
  ])('%s, is refused, and opens again as the error says', async (_name, damage) => {
    const copy = copyOf(kind)
    expect(await checkRemedies(copy, { file, damage: () => damage(copy) })).toBeGreaterThan(0)
  })
})

describe('a journal', () => {
  it.each(['with a snapshot and later records', 'with a snapshot of everything'] as const)(
    '%s that is not there is refused, though its log can be read',
    async (kind) => {
      const copy = copyOf(kind)
      const damage = (): void => rmSync(copy.path('store.snapshot'))
      expect(await checkRemedies(copy, { file: 'store.snapshot', damage })).toBe(1)
    },
  )
})
