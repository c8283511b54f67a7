import { PatchLog } from '@genpool/state-ane'
import { findCounterexample, slowStore } from '@genpool/state-ane/testing'
import fc from 'fast-check'
import { Far, replicaStore } from './replica-store'
import { add, delays, quiet, replicaOf, type State } from './counting'

/** `GENPOOL_LAW_RUNS` asks for more. */
const HISTORIES = Number(process.env['GENPOOL_LAW_RUNS'] ?? 700)

describe('random concurrent histories through replicas', () => {
  it.each([
    ['one replica', 1, 6],
    ['two replicas', 2, 6],
    ['three slow replicas', 3, 25],
    ['replicas that are at once there', 3, 0],
  ])(
    'each have a serial order, in real time: %s',
    async (_, replicas, most) => {
      const delay = delays(replicas * 31 + most, most)
      const found = await findCounterexample((options) => replicaStore(options, replicas, delay), {
        histories: HISTORIES,
        seed: 11 + replicas,
      })
      expect(found?.text).toBeUndefined()
    },
    60_000,
  )
})

describe('replicas of a cell that is written to a journal', () => {
  it('lose no update, and see what was committed before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.nat(8), fc.nat(20), async (count, most, each) => {
        const store = slowStore({})
        const cell = store.cell<State>('state', { initial: { n: 0, by: {} } })
        const log = new PatchLog<State>(cell)
        const far = Array.from({ length: count }, () => new Far(log as never, delays(each + most, most)))
        const all = Array.from({ length: each }, (_, i) => replicaOf(far[i % count]).update((draft) => add(draft, 'x')))
        const own = cell.update((draft) => add(draft, 'owner'))
        const left = (await Promise.all([...all, own])) as State[]
        expect(left.map(({ n }) => n).sort((a, b) => a - b)).toEqual(left.map((_, i) => i + 1))
        expect(cell.value.n).toBe(each + 1)
        await quiet()
        for (const one of far) {
          one.reach()
          expect(one.replica.value).toEqual(cell.value)
        }
      }),
      { numRuns: 100 },
    )
  })
})
