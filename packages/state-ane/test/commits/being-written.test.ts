import { createStore, transact } from '@genpool/state-ane'
import { slowStore } from '@genpool/state-ane/testing'
import fc from 'fast-check'

/** What a transition is told, in order. */
const told = (next: (state: number) => unknown, mode?: 'exclusive' | 'overwrite') => {
  const seen: string[] = []
  return {
    seen,
    run: (state: number) => {
      seen.push('run')
      return { next: next(state) as number, mode }
    },
    admit: () => void seen.push('admit'),
    writing: (begun: boolean) => void seen.push(begun ? 'writing' : 'lost'),
    committed: () => void seen.push('committed'),
  }
}

describe('a transition', () => {
  it('is never told of writing by a cell that commits at once', async () => {
    const cell = createStore({ initial: 0 }).cell<number>('a')
    for (const mode of [undefined, 'exclusive', 'overwrite'] as const) {
      const transition = told((n) => n + 1, mode)
      await transact(cell, transition as never)
      expect(transition.seen).not.toContain('writing')
    }
  })

  it('is told between its admission and its end that its commit is being written, and if that came to nothing', async () => {
    const cell = slowStore().cell<number>('a', { initial: 0 })
    const one = told((n) => n + 1)
    const other = told((n) => n + 1)
    await Promise.all([transact(cell, one as never), transact(cell, other as never)])
    expect(one.seen).toEqual(['run', 'admit', 'writing', 'committed'])
    expect(other.seen.slice(0, 5)).toEqual(['run', 'admit', 'writing', 'lost', 'run'])
    expect(other.seen.slice(-2)).toEqual(['writing', 'committed'])
  })

  it('is being written whenever its commit is done, however many commit at the same time', async () => {
    const change = fc.constantFrom('state', 'recipe', 'exclusive', 'overwrite')
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const cell = slowStore().cell<number>('a', { initial: 0 })
        const all = changes.map((kind) =>
          told(
            (n) => (kind === 'recipe' ? (m: number) => m + 1 : n + 1),
            kind === 'exclusive' || kind === 'overwrite' ? kind : undefined,
          ),
        )
        await Promise.all(all.map((transition) => transact(cell, transition as never)))
        for (const { seen } of all) {
          const isWriting = seen.reduce((on, word) => (word === 'writing' ? true : word === 'lost' ? false : on), false)
          expect(isWriting).toBe(true)
          expect(seen.filter((word) => word === 'committed')).toHaveLength(1)
          // Whoever runs again is not being written.
          seen.forEach((word, i) => {
            if (word === 'run' && i > 0)
              expect(seen.slice(0, i).findLast((w) => w === 'writing' || w === 'lost')).not.toBe('writing')
          })
        }
      }),
    )
  })
})
