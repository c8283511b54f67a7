import { createStore, PatchLog } from '@genpool/state-ane'
import { add, quiet, replicaOf, type State } from './counting'
import { Far } from './replica-store'

const stopped = { code: 'ERR_GENPOOL_STOPPED', message: expect.stringContaining('destroy() was called') as string }

/** A replica of a cell, and its store. */
function subject() {
  const store = createStore()
  const cell = store.cell<State>('state', { initial: { n: 0, by: {} } })
  const far = new Far(new PatchLog<State>(cell) as never, () => 1, undefined, 1)
  return { store, cell, far, replica: replicaOf(far) }
}

describe('a replica whose store is destroyed', () => {
  it('fails the commits that are on their way, and those that come later', async () => {
    const { store, far, replica } = subject()
    await quiet()
    const underWay = [1, 2, 3].map(async () => replica.update((draft) => add(draft, 'a')))
    store.destroy()
    for (const commit of underWay) await expect(commit).rejects.toMatchObject(stopped)
    expect(() => far.session.update()).not.toThrow()
    expect(far.session.end).toMatchObject(stopped)
    await expect((async () => replica.update((draft) => add(draft, 'a')))()).rejects.toMatchObject(stopped)
    expect(far.done).toEqual([])
  })

  it('gives nobody a hold, and what is done under one fails', async () => {
    const { store, replica } = subject()
    await quiet()
    const hold = await replica.hold()
    store.destroy()
    await expect((async () => hold.update((draft) => add(draft, 'a')))()).rejects.toMatchObject(stopped)
    hold.release()
    await expect(replica.hold()).rejects.toMatchObject(stopped)
  })

  it('has committed if it was a watcher that destroyed the store', async () => {
    const { store, cell, far, replica } = subject()
    await quiet()
    cell.watch(() => store.destroy())
    await replica.update((draft) => add(draft, 'a'))
    expect(far.done).toHaveLength(1)
  })
})
