import { call, getState, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import fc from 'fast-check'
import { stop } from 'nact'
import { join } from 'node:path'
import { firstState, paying, planned, plans, said } from '../../state-ane/test/cells/programs'
import type MovedPool from './fixtures/moved'
import { system } from './fixtures/shared-system'

describe('a recipe in a thread that puts parts of its draft elsewhere', () => {
  const behaviour = threads<typeof MovedPool>(join(__dirname, 'fixtures', 'moved.ts'))
  const open = () => spawnPool(system, behaviour, 'moved', { size: 2, state: 'shared', timeout: 50_000 })

  it('loses no change that was acknowledged', async () => {
    const pool = open()
    const expected = firstState() as object
    paying(expected)
    expect(said(await call(pool, { type: 'pay' }))).toBe(said(expected))
    expect(said(getState(pool))).toBe(said(expected))
    stop(pool)
  })

  it('leads to the same state in its thread, in this one, and in the others', async () => {
    const pool = open()
    await fc.assert(
      fc.asyncProperty(plans(3), async (commits) => {
        await call(pool, { type: 'again' })
        for (const plan of commits) {
          const [program, expected] = planned(getState(pool), plan)
          // A set has an item once, though it came from two places that are one object. There, the model has two.
          if (/Set\{[^}]*[[{]/.test(said(expected))) return
          const answer = await call(pool, { type: 'run', program })
          const read = await Promise.all([call(pool, { type: 'read' }), call(pool, { type: 'read' })])
          for (const state of [answer, getState(pool), ...read]) expect(said(state)).toBe(said(expected))
        }
      }),
      { numRuns: Math.round(Number(process.env['GENPOOL_LAW_RUNS'] ?? 1000) / 5) },
    )
    stop(pool)
  }, 60_000)
})
