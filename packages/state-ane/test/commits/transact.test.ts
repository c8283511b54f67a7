import { createStore, ConflictError, InvalidError, transact } from '@genpool/state-ane'
import type { Attempt, CommitMode, Hold, Recipe, Step, SyncCell, Transition } from '@genpool/state-ane'

interface Counter {
  readonly count: number
}
type Run = (state: Counter, attempt: Attempt) => Step<Counter> | Promise<Step<Counter>>

const counter = (): SyncCell<Counter> => createStore().cell('counter', { initial: { count: 0 } })
const add: Recipe<Counter> = (draft) => {
  draft.count += 1
}

/** A promise that is settled from outside: the test decides when a handler goes on. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { open, passed }
}

/** A handler that returns a state computed after an await, the way that loses updates without a version check. */
const slowly =
  (passed: Promise<void>, attempts: Attempt[] = []): Run =>
  async (state, attempt) => {
    attempts.push(attempt)
    await passed
    return { next: { count: state.count + 1 } }
  }

describe('transact', () => {
  it('is synchronous when the handler and the store are', () => {
    const cell = counter()
    const step = transact(cell, { run: (state) => ({ next: { count: state.count + 1 }, reply: 'yes' }) })
    expect(step).toMatchObject({ reply: 'yes' })
    expect(cell.value).toEqual({ count: 1 })
    transact(cell, { run: () => ({ next: add }) })
    expect(cell).toMatchObject({ value: { count: 2 }, version: 2 })
  })

  it('commits nothing when the step has no next state', () => {
    const cell = counter()
    const seen: Counter[] = []
    transact(cell, { run: () => ({}), committed: (_, state) => void seen.push(state) })
    expect(cell.version).toBe(0)
    expect(seen).toEqual([{ count: 0 }])
  })

  it('runs a handler again when another commit came in between', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const attempts: Attempt[] = []
    const first = transact(cell, { run: slowly(passed, attempts) })
    cell.update(add)
    open()
    await first
    expect(cell.value).toEqual({ count: 2 })
    expect(attempts.map(({ number }) => number)).toEqual([1, 2])
  })

  it('loses no update of many concurrent handlers, and ends each of them', async () => {
    const cell = counter()
    const { open, passed } = gate()
    const all = Array.from({ length: 50 }, () => transact(cell, { run: slowly(passed) }))
    open()
    await Promise.all(all)
    expect(cell.value).toEqual({ count: 50 })
  })

  it('runs for the last time holding the cell, so that it ends under constant contention', async () => {
    const cell = counter()
    const attempts: Attempt[] = []
    await transact(
      cell,
      {
        run: async (state, attempt) => {
          attempts.push(attempt)
          if (!cell.held) cell.update(add)
          return Promise.resolve({ next: { count: state.count + 10 } })
        },
      },
      { retries: 2 },
    )
    expect(attempts).toEqual([
      { number: 1, exclusive: false },
      { number: 2, exclusive: false },
      { number: 3, exclusive: false },
      { number: 4, exclusive: true },
    ])
    expect(cell.value).toEqual({ count: 13 })
    expect(cell.held).toBe(false)
  })

  it('runs recipes on the latest value and never again', async () => {
    const cell = counter()
    const { open, passed } = gate()
    let runs = 0
    const run: Run = async () => {
      runs += 1
      await passed
      return { next: add }
    }
    const both = [transact(cell, { run }), transact(cell, { run })]
    cell.update(add)
    open()
    await Promise.all(both)
    expect(cell.value).toEqual({ count: 3 })
    expect(runs).toBe(2)
  })

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

  it.each<CommitMode>(['retry', 'exclusive', 'overwrite'])(
    'asks for admission right before a commit (%s)',
    async (mode) => {
      const cell = counter()
      const { open, passed } = gate()
      const refusal = new Error('the deadline has passed')
      let late = false
      const transition: Transition<Counter, Step<Counter>> = {
        run: slowly(passed),
        admit: () => (late ? refusal : undefined),
        committed: () => {
          throw new Error('it was refused')
        },
      }
      const result = transact(cell, transition, { mode })
      late = true
      open()
      await expect(result).rejects.toBe(refusal)
      expect(cell).toMatchObject({ version: 0, held: false })
    },
  )

  it.each<CommitMode>(['retry', 'exclusive'])('asks for admission also where nothing waits (%s)', (mode) => {
    const cell = counter()
    const refusal = new Error('given up')
    let late = false
    const run: Run = () => {
      late = true
      return { next: add }
    }
    const attempt = (): unknown => transact(cell, { run, admit: () => (late ? refusal : undefined) }, { mode })
    expect(attempt).toThrow(refusal)
    expect(cell).toMatchObject({ version: 0, held: false })
  })

  it('asks again after it had to wait for the cell, and does not run what is refused then', async () => {
    const cell = counter()
    const hold = await cell.hold()
    const refusal = new Error('too late')
    let late = false
    let runs = 0
    const run: Run = () => {
      runs += 1
      return { next: add }
    }
    const exclusive = transact(cell, { run, admit: () => (late ? refusal : undefined) }, { mode: 'exclusive' })
    const recipe = transact(cell, { run, admit: () => (late ? refusal : undefined) })
    late = true
    hold.release()
    await expect(exclusive).rejects.toBe(refusal)
    await expect(recipe).rejects.toBe(refusal)
    expect(runs).toBe(1)
    expect(cell).toMatchObject({ version: 0, held: false })
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

  it('calls committed once, with the state that the commit left', async () => {
    const cell = counter()
    cell.watch(() => void (cell.value.count < 3 && cell.update(add)))
    const states: Counter[] = []
    transact(cell, { run: () => ({ next: add }), committed: (_, state) => void states.push(state) })
    expect(states).toEqual([{ count: 1 }])
    expect(cell.value).toEqual({ count: 3 })
  })

  it('lets effects of an exclusive handler commit to the cell', () => {
    const cell = counter()
    transact(cell, { run: () => ({ next: add }), committed: () => void cell.update(add) }, { mode: 'exclusive' })
    expect(cell.value).toEqual({ count: 2 })
  })
})
