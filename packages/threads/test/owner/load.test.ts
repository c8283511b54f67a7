import type { Job } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { Load } from '../../src/owner/load'
import { RunTimes } from '../../src/owner/run-times'
import { claim } from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'
import { SharedWords } from '../../src/protocol/shared-words'

/** A thread that runs the first of the messages that it was given at these times, in milliseconds. */
function subject(prefetch: number | 'auto', times: readonly number[], kind = 'call') {
  const words = new SharedWords()
  const ledger = new Ledger<Job>(words)
  const returned: number[] = []
  const load = new Load(ledger, new RunTimes(prefetch), { returned: ({ message }) => returned.push(message as number) })
  const [first] = times.map((ms, message) => {
    const given = ledger.give({ message, kind } as Job, false)
    given.givenAt = ms * NS_PER_MS
    return given
  })
  if (first !== undefined) claim(words, first)
  const at = (ms: number): readonly number[] => {
    returned.length = 0
    load.giveBackOverdue(ms * NS_PER_MS)
    return [...returned]
  }
  return { at, load }
}

describe('what a thread was given ahead and has not begun', () => {
  it('goes back when it should have begun long ago, the last one first and all but the next one', () => {
    const { at } = subject('auto', [0, 0, 0, 0, 10])
    expect(at(30)).toEqual([])
    // Also what was given later: it would run before those that go back.
    expect(at(40)).toEqual([4, 3, 2])
    expect(at(1000)).toEqual([])
  })

  it('stays if the user wants so much ahead', () => {
    expect(subject(16, [0, 0, 0, 0]).at(1000)).toEqual([])
  })

  it('stays if it is for its member alone: it would be lost', () => {
    const { at, load } = subject('auto', [0, 0, 0, 0], 'direct')
    expect(at(1000)).toEqual([])
    expect([...load.ahead()]).toEqual([])
  })
})
