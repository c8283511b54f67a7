import { GroupCommit, setting, UnknownWrite, updating } from '@genpool/state-ane'

interface Write {
  readonly from: number
  readonly value: unknown
  readonly commits: number
  readonly end: (written: boolean) => void
  readonly fail: (error: Error) => void
}
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const add = (letter: string) => updating<string>((log) => log + letter)

/** A group over one value, whose writes wait for the test. */
function group(shared = false) {
  const cell = { key: 'log', value: '', version: 0, validate: () => undefined }
  const writes: Write[] = []
  const made = new GroupCommit({
    acquire: () => () => undefined,
    cells: () => [cell],
    shared,
    write: ({ commits, cells }) =>
      new Promise((resolve, reject) => {
        const { from, value, version } = cells[0]!
        const end = (written: boolean): void => {
          if (written) Object.assign(cell, { value, version })
          resolve(written)
        }
        writes.push({ from, value, commits: commits.length, end, fail: reject })
      }),
  })
  return { cell, writes, made }
}

describe('GroupCommit', () => {
  it('runs a group again on newer values if another writer came first', async () => {
    const { cell, writes, made } = group()
    const answers = Promise.all([made.commit(add('a')), made.commit(setting(0, 'mine')), made.commit(add('b'))])
    await quiet()
    expect(writes[0]).toMatchObject({ from: 0, value: 'ab', commits: 2 })
    Object.assign(cell, { value: 'x', version: 1 })
    writes[0]!.end(false)
    await quiet()
    expect(writes[1]).toMatchObject({ from: 1, value: 'xab', commits: 2 })
    writes[1]!.end(true)
    expect(await answers).toEqual(['xa', false, 'xab'])
    expect(cell).toMatchObject({ value: 'xab', version: 3 })
  })

  it('writes nothing for commits that change nothing, unless others commit, too', async () => {
    const nothing = updating<string>(() => undefined)
    expect(await group().made.commit(nothing)).toBe('')
    const { writes, made } = group(true)
    const answer = made.commit(nothing)
    await quiet()
    expect(writes[0]).toMatchObject({ from: 0, commits: 0 })
    writes[0]!.fail(new Error('unreachable'))
    await expect(answer).rejects.toMatchObject({ keys: ['log'], commits: 1, mayBeCommitted: false })
  })

  it('does not know what it is not told', async () => {
    const { writes, made } = group()
    const answers = [made.commit(add('a')), made.commit(add('b'))]
    await quiet()
    const cause = new Error('no answer')
    writes[0]!.fail(new UnknownWrite(cause))
    for (const answer of answers)
      await expect(answer).rejects.toMatchObject({ mayBeCommitted: true, commits: 2, cause })
  })

  it('ends all at once when it is stopped, also behind a write that hangs', async () => {
    const { writes, made } = group()
    const first = made.commit(add('a'))
    await quiet()
    const next = made.commit(add('b'))
    made.stop((mayBeCommitted) => new Error(`stopped, ${mayBeCommitted}`))
    await expect(first).rejects.toThrow('stopped, true')
    await expect(next).rejects.toThrow('stopped, false')
    await expect(made.commit(add('c'))).rejects.toThrow('stopped, false')
    writes[0]!.end(false)
    await made.running
    expect(writes).toHaveLength(1)
  })

  it('writes nothing if a recipe ends the store', async () => {
    const { writes, made } = group()
    const stop = updating<string>((log) => {
      made.stop(() => new Error('stopped'))
      return `${log}b`
    })
    for (const answer of [made.commit(add('a')), made.commit(stop)]) await expect(answer).rejects.toThrow('stopped')
    expect(writes).toHaveLength(0)
  })

  it('has no more than 256 commits in a group, in the order in which they came', async () => {
    const { cell, writes, made } = group()
    const answers = Array.from({ length: 600 }, (_, i) => made.commit(updating<string>((log) => `${log}${i},`)))
    for (let i = 0; i < 3; i++) {
      await quiet()
      writes[i]!.end(true)
    }
    await Promise.all(answers)
    expect(writes.map(({ commits }) => commits)).toEqual([256, 256, 88])
    expect(cell.value).toBe(Array.from({ length: 600 }, (_, i) => `${i},`).join(''))
  })
})
