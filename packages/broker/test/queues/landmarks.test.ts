import fc from 'fast-check'
import { byArrival } from '../../src/queues/arrival'
import { Landmarks } from '../../src/queues/landmarks'
import { Waiting } from '../../src/queues/waiting'
import { WaitingList } from '../../src/queues/waiting-list'
import { RUNS } from '../laws/runs'

class Numbered extends Waiting {
  constructor(
    sentAt: number,
    readonly arrival: number,
  ) {
    super(sentAt)
  }
}

const step = fc.record({ sentAt: fc.nat(3), arrival: fc.nat(10_000), takes: fc.constantFrom('no', 'first', 'any') })

describe('what comes back from a limit', () => {
  it('stands behind all that did not come later, however many wait and leave', () => {
    const law = fc.property(fc.array(step, { minLength: 200, maxLength: 800 }), (steps) => {
      const list = new WaitingList<Numbered>()
      const landmarks = new Landmarks(list)
      let model: Numbered[] = []
      for (const [i, { sentAt, arrival, takes }] of steps.entries()) {
        const entry = new Numbered(sentAt, arrival)
        landmarks.insert(entry)
        model = [...model, entry].sort(byArrival)
        const gone = takes === 'first' ? model[0] : model[arrival % model.length]
        if (takes === 'no' || i < 150 || gone === undefined) continue
        list.remove(gone)
        model = model.filter((other) => other !== gone)
        landmarks.trim()
      }
      expect([...list]).toEqual(model)
    })
    fc.assert(law, { numRuns: RUNS })
  })
})
