import { transact } from '@genpool/state-ane'
import type { CommitMode, Step, Transition } from '@genpool/state-ane'
import { add, counter, type Counter, gate, type Run, slowly } from './counter'

describe('the admission of a commit', () => {
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
})
