import type { Job } from '@genpool/core'
import { type Cell, createStore, type Recipe } from '@genpool/state-ane'
import { FollowedState } from '../../src/owner/followed-state'
import { SharedState } from '../../src/owner/shared-state'
import { CANCELLED, claim, isIn } from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'
import { SharedWords } from '../../src/protocol/shared-words'

/** A cell whose commits are written later: another process has committed meanwhile, and they are tried once more. */
function overtaken() {
  const cell = createStore().cell<unknown>('state', { initial: { count: 0 } })
  let write!: () => void
  const written = new Promise<void>((resolve) => (write = resolve))
  const update = async (recipe: Recipe<unknown>): Promise<unknown> => {
    recipe(cell.value)
    await written
    await cell.update(() => ({ count: 7 }))
    return cell.update(recipe)
  }
  const late: Cell<unknown> = {
    key: cell.key,
    held: false,
    get value() {
      return cell.value
    },
    get version() {
      return cell.version
    },
    update,
    compareAndSet: (version, next) => cell.compareAndSet(version, next),
    hold: () => cell.hold(),
    watch: (watcher) => cell.watch(watcher),
    patchesSince: (version) => cell.patchesSince(version),
  }
  return { cell: late, write }
}

function subject() {
  const { cell, write } = overtaken()
  const words = new SharedWords()
  const ledger = new Ledger<Job>(words)
  const waiting = { holdUp: () => undefined }
  const posting = { soon: () => undefined, now: () => undefined }
  const parts = { ledger, posting, waiting, reports: { committed: () => undefined } }
  const state = new FollowedState(new SharedState(cell), parts as never)
  const given = ledger.give({ companions: null, outcome: null } as Job, false)
  const epoch = (): number => (state.link?.take()[0]?.[1] as readonly [string, number])[1]
  const commit = (): void =>
    state.link?.receive([
      'commit',
      epoch(),
      1,
      0,
      [{ op: 'replace', path: ['count'], value: 1 }],
      { job: given.id, answer: undefined, ranNs: -1 },
    ])
  return { cell, words, ledger, state, given, commit, write }
}

describe('a run whose commit is lost after it was admitted', () => {
  it('may be given up by its caller while it is made again', async () => {
    const { cell, words, ledger, state, given, commit, write } = subject()
    claim(words, given)
    commit()
    expect(ledger.giveUp(given.job)).toBe(false)
    expect(state.isWriting(given.job)).toBe(true)
    write()
    while (state.isWriting(given.job)) await Promise.resolve()
    expect(cell.value).toEqual({ count: 7 })
    expect(ledger.giveUp(given.job)).toBe(true)
    expect(isIn(words, given, CANCELLED)).toBe(true)
    expect(ledger.commits(given)).toBe(false)
  })
})
