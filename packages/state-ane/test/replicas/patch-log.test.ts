import { createStore, PatchLog } from '@genpool/state-ane'

describe('the log of the patches of a cell', () => {
  it('knows the last version of a value that has come more than once', () => {
    const cell = createStore().cell<number>('n', { initial: 0 })
    const log = new PatchLog(cell)
    log.keepsValues = true
    for (const n of [1, 2, 1, 3]) void cell.update(() => n)
    expect([1, 2, 3, 4].map((n) => log.versionOf(n))).toEqual([3, 2, 4, -1])
    log.close()
  })
})
