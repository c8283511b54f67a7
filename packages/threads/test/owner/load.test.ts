import type { Job } from '@genpool/core'
import { Load } from '../../src/owner/load'
import { RunTimes } from '../../src/owner/run-times'
import { claim } from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'
import { SharedWords } from '../../src/protocol/shared-words'

/** What can go to another thread of messages of these kinds, of which the first one runs. */
function ahead(kinds: readonly string[]): readonly unknown[] {
  const words = new SharedWords()
  const ledger = new Ledger<Job>(words)
  const load = new Load(ledger, new RunTimes('auto'), { returned: () => undefined })
  const [first] = kinds.map((kind, message) => ledger.give({ message, kind } as Job, false))
  if (first !== undefined) claim(words, first)
  return Array.from(load.ahead(), ({ job }) => job.message)
}

describe('what can go from a thread to another one', () => {
  it('is what it has not begun, the last one first', () => {
    expect(ahead(['call', 'cast', 'call'])).toEqual([2, 1])
  })

  it('is no message for its member alone: it would be lost', () => {
    expect(ahead(['call', 'direct', 'call'])).toEqual([2])
  })
})
