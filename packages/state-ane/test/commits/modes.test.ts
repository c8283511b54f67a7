import { ConflictError, InvalidError, transact } from '@genpool/state-ane'
import type { Attempt, CommitMode, Hold, Step, SyncCell } from '@genpool/state-ane'
import { add, counter, type Counter, gate, type Run, slowly } from './counter'

describe('the mode of a commit', () => {
  it('makes other commits wait while an exclusive handler runs', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const order: string[] = []
    const exclusive = transact(
      cell,
      { run: slowly(passed), committed: () => void order.push('exclusive') },
      { mode: 'exclusive' },
    )
    const recipe = transact(cell, { run: () => ({ next: add }), committed: () => void order.push('recipe') })
    expect(() => cell.update(add)).toThrow(ConflictError)
    expect(cell.value).toEqual({ count: 0 })
    open()
    await Promise.all([exclusive, recipe])
    expect(order).toEqual(['exclusive', 'recipe'])
    expect(cell).toMatchObject({ value: { count: 2 }, held: false })
  })

  it('serves those who want the cell for themselves in their order', async () => {
    const cell = counter()
    const order: number[] = []
    const run = (i: number): Run => {
      return async (state) => {
        order.push(i)
        await Promise.resolve()
        return { next: { count: state.count + 1 } }
      }
    }
    await Promise.all([0, 1, 2, 3].map((i) => transact(cell, { run: run(i) }, { mode: 'exclusive' })))
    expect(order).toEqual([0, 1, 2, 3])
    expect(cell.value).toEqual({ count: 4 })
  })

  it('is synchronous in exclusive mode too when nobody holds the cell', () => {
    const cell = counter()
    const step = transact(cell, { run: () => ({ next: { count: 7 } }) }, { mode: 'exclusive' })
    expect(step).toEqual({ next: { count: 7 } })
    expect(cell).toMatchObject({ value: { count: 7 }, held: false })
  })

  it.each<[string, Run]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'returns a refused state',
      () => ({
        next: (() => {
          throw new Error('boom')
        }) as never,
      }),
    ],
  ])('lets go of the cell when an exclusive handler %s', async (_, run) => {
    const cell = counter()
    await expect((async () => transact(cell, { run }, { mode: 'exclusive' }))()).rejects.toThrow('boom')
    expect(cell).toMatchObject({ version: 0, held: false })
  })

  it('lets the last writer win in mode overwrite', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const attempts: Attempt[] = []
    const first = transact(cell, { run: slowly(passed, attempts) }, { mode: 'overwrite' })
    cell.update(add)
    cell.update(add)
    open()
    await first
    expect(cell).toMatchObject({ value: { count: 1 }, version: 3 })
    expect(attempts).toHaveLength(1)
  })

  it('accepts only recipes in mode update', () => {
    const cell = counter()
    expect(() => transact(cell, { run: () => ({ next: { count: 1 } }) }, { mode: 'update' })).toThrow(InvalidError)
    transact(cell, { run: () => ({ next: add }) }, { mode: 'update' })
    expect(cell.value).toEqual({ count: 1 })
  })

  it('lets a step name its own mode', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const modes: (CommitMode | undefined)[] = []
    const run: Run = async (state, { exclusive }) => {
      await passed
      modes.push(exclusive ? 'exclusive' : 'retry')
      return { next: { count: state.count + 1 }, mode: 'exclusive' }
    }
    const first = transact(cell, { run })
    cell.update(add)
    open()
    await first
    expect(modes).toEqual(['retry', 'exclusive'])
    expect(cell.value).toEqual({ count: 2 })
  })

  describe('a step that asks for "exclusive" after its run', () => {
    /** Returns how often a handler ran, and what it left; `meanwhile` is called during its first run. */
    const ran = async (
      makeStep: (state: Counter) => Step<Counter>,
      meanwhile = (_cell: SyncCell<Counter>): unknown => 0,
    ) => {
      const cell = counter()
      let runs = 0
      const run: Run = async (state) => {
        if (++runs === 1) await meanwhile(cell)
        return { ...makeStep(state), mode: 'exclusive' }
      }
      const committed: Counter[] = []
      await transact(cell, { run, committed: (_step, state) => void committed.push(state) })
      expect(committed).toEqual([cell.value])
      return { runs, count: cell.value.count, held: cell.held }
    }
    const asState = ({ count }: Counter): Step<Counter> => ({ next: { count: count + 1 } })
    const asRecipe = ({ count }: Counter): Step<Counter> => ({ next: (draft) => void (draft.count = count + 1) })

    it.each([
      ['a state', asState],
      ['a recipe', asRecipe],
      ['no change', () => ({})],
    ])('is not run again if no other commit came first: %s', async (_name, makeStep) => {
      expect(await ran(makeStep)).toMatchObject({ runs: 1, held: false })
    })

    it.each([
      ['a state', asState],
      ['a recipe', asRecipe],
    ])('is run again, and holds the cell, if one did: %s', async (_name, makeStep) => {
      expect(await ran(makeStep, (cell) => cell.update(add))).toEqual({ runs: 2, count: 2, held: false })
    })

    it('waits for who holds the cell, and is run again only if that one commits', async () => {
      const { open, passed } = gate()
      const holder = (cell: SyncCell<Counter>, commits: boolean): unknown => {
        const hold = cell.hold() as Hold<Counter>
        void passed.then(() => {
          if (commits) void hold.update(add)
          hold.release()
        })
        return undefined
      }
      const all = [true, false].map(async (commits) => ran(asState, (cell) => holder(cell, commits)))
      await Promise.resolve()
      open()
      expect(await Promise.all(all)).toMatchObject([
        { runs: 2, count: 2 },
        { runs: 1, count: 1 },
      ])
    })

    it('is synchronous if its handler and the cell are', () => {
      const cell = counter()
      let runs = 0
      transact(cell, { run: ({ count }) => ({ next: { count: count + ++runs }, mode: 'exclusive' }) })
      expect([runs, cell.value.count, cell.held]).toEqual([1, 1, false])
    })

    it('keeps the cell free if it is refused', async () => {
      const cell = counter()
      const refusal = new Error('too late')
      const run: Run = async () => ({ next: { count: 7 }, mode: 'exclusive' })
      await expect(transact(cell, { run, admit: () => refusal })).rejects.toBe(refusal)
      expect([cell.value.count, cell.held]).toEqual([0, false])
    })
  })

  it('fences off an exclusive handler that was given up', async () => {
    const cell = counter()
    const { open, passed } = gate()
    let mine: Hold<Counter> | undefined
    const stuck = transact(cell, { run: slowly(passed), holding: (hold) => void (mine = hold) }, { mode: 'exclusive' })
    const next = transact(cell, { run: () => ({ next: add }) })
    mine?.release()
    await next
    open()
    await expect(stuck).rejects.toMatchObject({ code: 'ERR_GENPOOL_CONFLICT', reason: 'released' })
    expect(cell).toMatchObject({ value: { count: 1 }, held: false })
  })

  it('lets effects of an exclusive handler commit to the cell', () => {
    const cell = counter()
    transact(cell, { run: () => ({ next: add }), committed: () => void cell.update(add) }, { mode: 'exclusive' })
    expect(cell.value).toEqual({ count: 2 })
  })
})
