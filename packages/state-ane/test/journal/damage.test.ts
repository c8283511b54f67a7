import { createStore, fileEngine, JournalError } from '@genpool/state-ane'
import { rmSync, statSync, truncateSync } from 'node:fs'
import { serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import { open } from './damaged-journal'
import { copyOf, flip, places, sizeOf } from './damaged-kinds'
import { frame, MAGIC } from '../../src/journal/frames'

describe('a journal', () => {
  it('says of a damaged snapshot which records are lost, and loses none if the log has them all', async () => {
    const lost = copyOf('with a snapshot and later records')
    lost.change('store.snapshot', flip(300))
    const { error } = await open(lost.directory)
    expect(error?.message).toBe(
      `The snapshot "${lost.path('store.snapshot')}" is damaged at byte 8. The log can be read. Nothing was changed. What was ` +
        `committed before record 8 was in the snapshot alone, and the log "${lost.path('store.log')}" makes no sense without it. ` +
        'Put both files back from one backup; or, if you can lose all that the store had, move both away: `mv ' +
        `'${lost.path('store.snapshot')}' '${lost.path('store.snapshot')}.damaged' && mv '${lost.path('store.log')}' ` +
        `'${lost.path('store.log')}.damaged'\`. The store then starts empty.`,
    )
    const kept = copyOf('with a snapshot and all records')
    kept.change('store.snapshot', flip(300))
    expect((await open(kept.directory)).error?.message).toContain('so nothing is lost')
    expect((await kept.follow()).opened.pair).toEqual(kept.journal.last)
  })

  it('says of a damaged log which records are whole, and how many bytes are lost', async () => {
    const copy = copyOf('without a snapshot')
    const size = sizeOf('without a snapshot', 'store.log')
    copy.change('store.log', flip(size * 8 - 80))
    const { error } = await open(copy.directory)
    const { position } = error as JournalError
    expect(error?.message).toBe(
      `The log "${copy.path('store.log')}" is damaged at byte ${position}: the record there was changed or cut off after it was written. ` +
        'Nothing was changed. The records up to 8 are whole; what was committed after that, in the last ' +
        `${size - (position as number)} bytes, cannot be read in order. Put the file back from a backup; or, if you can lose the ` +
        `last ${size - (position as number)} bytes, cut the file there: \`truncate -s ${position} '${copy.path('store.log')}'\`.`,
    )
    expect((await copy.follow()).opened.pair).toEqual(copy.journal.history.at(-2))
  })

  it('is whole again with its files from a backup', async () => {
    for (const [kind, file] of places) {
      const copy = copyOf(kind)
      copy.change(file, flip(100))
      expect((await open(copy.directory)).error?.message).toMatch(/backup|[Nn]othing is lost/)
      copy.restore()
      expect(await open(copy.directory)).toMatchObject({ pair: copy.journal.last, warnings: [] })
    }
  })

  it('warns of a record that a crash has torn: where it was, and which one is the last', async () => {
    const copy = copyOf('without a snapshot')
    copy.change('store.log', (bytes) => bytes.subarray(0, bytes.length - 3))
    const { pair, warnings } = await open(copy.directory)
    expect(pair).toEqual(copy.journal.history.at(-2))
    expect(warnings).toEqual([
      expect.stringMatching(
        /store\.log" ended in a record that is not whole: \d+ bytes from byte \d+ on, after record 8, were removed/,
      ),
    ])
    expect((await open(copy.directory)).warnings).toEqual([])
  })

  it('that was shortened has lost no record to a crash, wherever it ends', async () => {
    const copy = copyOf('without a snapshot')
    const engine = fileEngine(copy.directory)
    await engine.takeSnapshot({
      key: 'store',
      sequenceNumber: 5,
      data: {
        cells: [
          { key: 'a', version: 3, value: 3 },
          { key: 'b', version: 2, value: 2 },
        ],
      },
      createdAt: 0,
    })
    await engine.close()
    expect((await open(copy.directory)).pair).toEqual(copy.journal.last)
    const size = statSync(copy.path('store.log')).size
    truncateSync(copy.path('store.log'), size - 1)
    const { errors, opened } = await copy.follow()
    expect(errors).toMatchObject([{ path: copy.path('store.log') }])
    expect(opened.pair).toEqual(copy.journal.history.at(-2))
    expect(opened.warnings).toEqual([expect.stringMatching(/was cut at byte \d+, after record 8/)])
    expect(await open(copy.directory)).toMatchObject({ pair: copy.journal.history.at(-2), warnings: [] })
  })

  it.each(['with a snapshot and later records', 'with a snapshot and all records'] as const)(
    '%s warns once of a log that was cut to its first bytes, as a new one is',
    async (kind) => {
      const copy = copyOf(kind)
      truncateSync(copy.path('store.log'), MAGIC.length)
      const { pair, warnings } = await open(copy.directory)
      expect(pair).toEqual(copy.journal.history[7])
      expect(warnings).toEqual([
        expect.stringMatching(
          /was cut at byte 8, which leaves no record. What was committed after the snapshot is lost/,
        ),
      ])
      expect((await open(copy.directory)).warnings).toEqual([])
    },
  )

  it.each([true, false])(
    'that is new and begins with a snapshot is not taken for one that was cut (compact: %s)',
    async (compact) => {
      const copy = copyOf('without a snapshot')
      rmSync(copy.path('store.log'))
      const engine = fileEngine(copy.directory, { compact })
      await engine.takeSnapshot({
        key: 'store',
        sequenceNumber: 5,
        data: { cells: [{ key: 'a', version: 3, value: 3 }] },
        createdAt: 0,
      })
      await engine.close()
      expect(await open(copy.directory)).toMatchObject({ pair: [3, 0], warnings: [] })
    },
  )

  it('warns of a log that is not there beside its snapshot', async () => {
    const copy = copyOf('with a snapshot and later records')
    rmSync(copy.path('store.log'))
    const { pair, warnings } = await open(copy.directory)
    expect(pair).toEqual(copy.journal.history[7])
    expect(warnings).toEqual([expect.stringContaining(`"${copy.path('store.log')}" was not there`)])
  })

  it('with a gap says where it is in the file, and opens again without what comes after it', async () => {
    const copy = copyOf('with a snapshot and all records')
    const other = copyOf('without a snapshot')
    // The snapshot and the first records are gone, as if another program had removed them.
    rmSync(copy.path('store.snapshot'))
    const engine = fileEngine(copy.directory)
    const change = { key: 'a', version: 20, patches: [{ op: 'replace', path: ['x'], value: 1 }] }
    const event = {
      data: { changes: [change] },
      sequenceNumber: 10,
      key: 'store',
      tags: [],
      createdAt: 0,
      isDeleted: false,
    }
    await engine.persist(event)
    await engine.close()
    const { error } = await open(copy.directory)
    expect(error?.message).toContain(
      `Record 10 of the log "${copy.path('store.log')}", at byte ${sizeOf('with a snapshot and all records', 'store.log')}`,
    )
    expect(error?.message).toContain('the journal has a gap')
    expect((await copy.follow()).opened.pair).toEqual(other.journal.last)
  })

  it.each([
    ['event', { data: { hello: 1 }, sequenceNumber: 10 }],
    ['event', { data: undefined, sequenceNumber: 10 }],
  ])('with an %s of something else says so, and opens again without it', async (_name, event) => {
    const copy = copyOf('without a snapshot')
    const engine = fileEngine(copy.directory)
    await engine.persist({ key: 'store', tags: [], createdAt: 0, isDeleted: false, ...event } as never)
    await engine.close()
    const { errors, opened } = await copy.follow()
    expect(errors[0]?.message).toContain('it has no commits of a store')
    expect(opened.pair).toEqual(copy.journal.last)
  })

  it('with a value of a later version of Node says so', async () => {
    const copy = copyOf('without a snapshot')
    const value = serialize([])
    value[1] = 0x7f
    copy.change('store.log', (bytes) => Buffer.concat([bytes, frameOf(value)]))
    const { error } = await open(copy.directory)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_JOURNAL', path: copy.path('store.log') })
    expect(error?.message).toContain('another version of Node')
  })
})

/** A frame with these bytes as its body. */
function frameOf(body: Buffer): Buffer {
  const bytes = frame(Buffer.alloc(0))
  bytes.writeUInt32BE(body.length, 0)
  bytes.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([bytes.subarray(0, 8), body])
}

it('a store whose journal is damaged gives that error to all who use it', async () => {
  const copy = copyOf('with a snapshot and later records')
  copy.change('store.snapshot', flip(300))
  const engine = fileEngine(copy.directory)
  const store = createStore({ initial: 0, journal: { engine } })
  await expect(store.ready).rejects.toBeInstanceOf(JournalError)
  await expect(store.cell<number>('a').update((n) => n + 1)).rejects.toBeInstanceOf(JournalError)
  await engine.close()
})
