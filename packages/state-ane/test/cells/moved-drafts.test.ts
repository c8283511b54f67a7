import fc from 'fast-check'
import { applyPatches, enableMapSet, enablePatches, type Patch } from 'immer'
import { createStore, type SyncCell } from '@genpool/state-ane'
import { memoryEngine, reopened } from '../journal/memory-engine'
import { firstState, held, paying, planned, plans, running, said, tree } from './programs'

enablePatches()
enableMapSet()

/** A watched cell, and what its watcher was told last. */
function watched(initial: object, cell: SyncCell<object> = createStore().cell('cell', { initial })) {
  const last: { patches: readonly Patch[]; inverse: readonly Patch[] } = { patches: [], inverse: [] }
  cell.watch((_value, _version, patches, inverse) => Object.assign(last, { patches, inverse }))
  return { cell, last }
}

const hasSetOfObjects = (value: unknown): boolean => /Set\{[^}]*[[{]/.test(said(value))

/* eslint-disable @typescript-eslint/no-explicit-any -- states of many shapes */
const first = (): any => ({ accounts: [{ money: 1 }, { money: 2 }], drafts: { order: { id: 1 } }, map: new Map() })

describe('a recipe that puts parts of its draft elsewhere, and removes or replaces what they are in', () => {
  it.each<[string, (draft: any) => void]>([
    [
      'an object that is deleted',
      (draft) => {
        draft.drafts.order.list = [draft.accounts[0]]
        draft.accounts[0].money = 7
        delete draft.drafts.order
      },
    ],
    [
      'an object that is replaced, and changed through it',
      (draft) => {
        draft.drafts.order.of = draft.accounts[0]
        draft.drafts.order.of.money = 7
        draft.drafts.order = { id: 2 }
      },
    ],
    [
      'a new object and a map, and then removed',
      (draft) => {
        draft.accounts[1].money++
        draft.drafts.order = { y: { z: draft.accounts[1] } }
        draft.map.set('a', draft.accounts[1])
        draft.accounts.pop()
      },
    ],
  ])('has the change in its patches, and in the inverse: %s', (_, recipe) => {
    const { cell, last } = watched(first())
    const before = cell.value
    cell.update(recipe)
    const expected = first()
    recipe(expected)
    expect(cell.value).toEqual(expected)
    expect(applyPatches(before, last.patches)).toEqual(expected)
    expect(applyPatches(cell.value, last.inverse)).toEqual(before)
  })

  it('has patches that lead to its value, and back', () => {
    fc.assert(
      fc.property(plans(3), fc.boolean(), (commits, shares) => {
        let value: object = firstState()
        for (const plan of commits) {
          const [program, expected] = planned(value, plan)
          // A set has an item once, though it came from two places that are one object. There, the model has two.
          if (shares && hasSetOfObjects(expected)) return
          const { cell, last } = watched(value)
          cell.update(running(program))
          expect(said(cell.value)).toBe(said(expected))
          expect(said(applyPatches(value, last.patches))).toBe(said(expected))
          expect(held(applyPatches(cell.value, last.inverse))).toBe(held(value))
          value = shares ? cell.value : tree(cell.value)
        }
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 500) },
    )
  })

  it('is in a journal when it is committed', async () => {
    const engine = memoryEngine()
    const store = createStore({ journal: { engine } })
    const cell = store.cell<object>('cell', { initial: firstState() })
    // The first commit has the whole value.
    await cell.update((draft) => void Object.assign(draft, { n: 1 }))
    const next = await cell.update(paying)
    const again = createStore({ journal: { engine: reopened(engine) } })
    await again.ready
    expect(said(again.cell('cell', { initial: firstState() }).value)).toBe(said(next))
  })

  it('is in a journal as it is in the state: alone, and in a transaction over several states', () =>
    fc.assert(
      fc.asyncProperty(plans(2), fc.boolean(), async (commits, isTogether) => {
        const engine = memoryEngine()
        const store = createStore({ journal: { engine } })
        const cell = store.cell<object>('cell', { initial: firstState() })
        store.cell('other', { initial: 0 })
        for (const plan of commits) {
          const [program] = planned(cell.value, plan)
          if (hasSetOfObjects(planned(cell.value, plan)[1])) break
          await (isTogether
            ? store.transaction(['cell', 'other'], (draft) => running(program)(draft['cell']))
            : cell.update(running(program)))
        }
        const again = createStore({ journal: { engine: reopened(engine) } })
        await again.ready
        expect(said(again.cell('cell', { initial: firstState() }).value)).toBe(said(cell.value))
      }),
      { numRuns: Math.round(Number(process.env['GENPOOL_LAW_RUNS'] ?? 1000) / 10) },
    ))
})
