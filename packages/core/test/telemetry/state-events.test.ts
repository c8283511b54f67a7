import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { call, definePool, onEvent, reply, spawnPool } from '@genpool/core'
import { createStore, type Store } from '@genpool/state-ane'
import { stop } from 'nact'
import { clock, system } from '../virtual-system'
import { offs, heard, spawned, work } from './heard'

describe('events of the state', () => {
  /** A store that counts who watches its cells. */
  const watchedStore = (): { store: Store; watching: () => number } => {
    const store = createStore({ name: 'watched' })
    let count = 0
    const cell = (...args: Parameters<Store['cell']>) => {
      const inner = store.cell(...args)
      const watch = inner.watch.bind(inner)
      inner.watch = (watcher) => {
        count++
        const end = watch(watcher)
        return () => {
          count--
          end()
        }
      }
      return inner
    }
    return { store: { ...store, cell } as never, watching: () => count }
  }

  it('tell of each change with its patches, by messages and from outside', async () => {
    const store = createStore({ name: 'outer' })
    const pool = spawned({ state: { store } })
    const events = heard('genpool:state:change', pool)
    const cell = store.cell<{ done: number }>('pool')
    void cell.update((draft) => {
      draft.done = 5
    })
    const answer = work(pool, 10)
    await clock.advance(20)
    await answer
    expect(events).toMatchObject([
      { pool: 'pool', version: 1, value: { done: 5 }, patches: [{ op: 'replace', path: ['done'], value: 5 }] },
      { version: 2, value: { done: 6 }, inversePatches: [{ op: 'replace', path: ['done'], value: 5 }] },
    ])
  })

  it('reach a plain subscriber from the next commit on, also from a handler that is already running', async () => {
    const pool = spawned()
    const versions: unknown[] = []
    const listener = (event: unknown): void => void versions.push((event as { version: number }).version)
    const answers = [work(pool, 10), work(pool, 10)]
    await clock.advance(5)
    subscribe('genpool:state:change', listener)
    await clock.advance(20)
    unsubscribe('genpool:state:change', listener)
    await Promise.all(answers)
    expect(versions).toEqual([1, 2])
  })

  it('reach a subscriber from the first message on, for a handler that commits at once', async () => {
    const Counter = definePool({
      init: () => ({ count: 0 }),
      calls: {
        add: () =>
          reply('done', (draft) => {
            draft.count += 1
          }),
      },
    })
    const pool = spawnPool(system, Counter, 'counter', { clock })
    const versions: unknown[] = []
    const listener = (event: unknown): void => void versions.push((event as { version: number }).version)
    await Promise.all([call(pool, { type: 'add' }), clock.advance(1)])
    subscribe('genpool:state:change', listener)
    await Promise.all([call(pool, { type: 'add' }), call(pool, { type: 'add' }), clock.advance(1)])
    unsubscribe('genpool:state:change', listener)
    await Promise.all([call(pool, { type: 'add' }), clock.advance(1)])
    expect(versions).toEqual([2, 3])
  })

  it('make the cell watched only while there are subscribers', async () => {
    const { store, watching } = watchedStore()
    const pool = spawned({ state: { store } })
    const handled = async (): Promise<void> => {
      const answer = work(pool, 1)
      await clock.advance(5)
      await answer
    }
    await handled()
    expect(watching()).toBe(0)
    const off = onEvent('genpool:state:change', () => undefined)
    await handled()
    expect(watching()).toBe(1)
    off()
    await handled()
    expect(watching()).toBe(0)
    offs.push(onEvent('genpool:state:change', () => undefined))
    await handled()
    stop(pool)
    expect(watching()).toBe(0)
  })

  it('tell of conflicts, up to the run that holds the state', async () => {
    const pool = spawned({ size: 3, state: { retries: 1 } })
    const events = heard('genpool:commit:conflict')
    const answers = [10, 11, 12].map((ms) => call(pool, { type: 'twice', ms }))
    await clock.advance(200)
    expect((await Promise.all(answers)).sort()).toEqual([0, 1, 2])
    expect(events.map(({ type, attempt, exclusive }) => [type, attempt, exclusive])).toEqual([
      ['twice', 2, false],
      ['twice', 2, false],
      ['twice', 3, true],
    ])
  })
})
