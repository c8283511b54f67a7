import type { Cell, Store } from '@genpool/state-ane'
import { findCounterexample, slowStores } from '@genpool/state-ane/testing'

function disturb(cell: Cell<{ log: string }>): void {
  cell.watch((_, version) => {
    if (version % 3 !== 1) return
    const commit = async (): Promise<unknown> => cell.update(({ log }) => ({ log }))
    commit().catch(() => undefined)
  })
}

describe('commits of several clients of one remote store', () => {
  it('lose nothing: a group that comes second runs again on what the first has left', async () => {
    const clients = slowStores(3)
    const cells = clients.map((store) => store.cell('log', { initial: '' }))
    let runs = 0
    const letters = 'abcdefghijklmnopqrstuvwxyz'.split('')
    const left = await Promise.all(
      letters.map((letter, i) => cells[i % 3]!.update((log) => (runs++, `${log}${letter}`))),
    )
    const whole = left.reduce((a, b) => (a.length > b.length ? a : b))
    expect(whole.split('').sort()).toEqual(letters)
    expect(left.every((one) => whole.startsWith(one))).toBe(true)
    expect(runs).toBeGreaterThan(letters.length)
    for (const cell of cells) await cell.update(() => undefined)
    expect(cells.map(({ value, version }) => [value, version])).toEqual(cells.map(() => [whole, 26]))
  })

  it('see what others have committed, also if they change nothing or fail', async () => {
    const [mine, other] = slowStores(2) as [Store, Store]
    const validate = (n: number): boolean => n >= 0
    const here = mine.cell('n', { initial: 0, validate })
    const there = other.cell('n', { initial: 0 })
    await there.update((n) => n + 5)
    const [rest, same] = await Promise.all([here.update((n) => n - 3), here.update(() => undefined)])
    expect([rest, same]).toEqual([2, 2])
    await expect(there.update((n) => n - 3)).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await there.update((n) => n + 1)
    await expect(
      here.update((n) => {
        throw new Error(`saw ${n}`)
      }),
    ).rejects.toThrow('saw 3')
  })

  it('have a serial order while another client commits to the same cells', async () => {
    const found = await findCounterexample(
      (options) => {
        const [store, rival] = slowStores(2, options) as [Store, Store]
        const make = store.cell.bind(store)
        store.cell = ((key, given) => {
          const cell = make<{ log: string }>(key, given as never)
          // It changes versions, and no log: each of its commits makes a group run again.
          if (given !== undefined) disturb(rival.cell<{ log: string }>(key))
          return cell
        }) as typeof store.cell
        return store
      },
      { histories: 1500, seed: 8 },
    )
    expect(found?.text).toBeUndefined()
  }, 60_000)
})
