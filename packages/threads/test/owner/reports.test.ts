import type { Job } from '@genpool/core'
import { claim } from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'
import { SharedWords } from '../../src/protocol/shared-words'
import { Reports } from '../../src/owner/reports'

function books() {
  const words = new SharedWords()
  const ledger = new Ledger<Job>(words)
  const told: string[] = []
  const name = (job: Job): string => String(job.message)
  const host = {
    progress: {
      began: (job: Job) => told.push(`${name(job)} began`),
      attempted: (job: Job) => told.push(`${name(job)} runs`),
    },
    done: (job: Job) => told.push(`${name(job)} is done`),
  }
  const ports = { host, seat: {}, startOf: () => 0, ran: () => undefined, resolved: () => undefined }
  const reports = new Reports(ledger, ports as never)
  const give = (message: string, taken = false) => {
    const job = { message, outcome: 'replied', companions: null, expectsAnswer: true } as unknown as Job
    return ledger.give(job, taken)
  }
  return { words, reports, told, give }
}

describe('what the owner of a thread reports', () => {
  it('is one message after another, though the thread is ahead: the watch for stuck members needs it', () => {
    const { words, reports, told, give } = books()
    const [first, second] = [give('first'), give('second')]
    expect([claim(words, first), claim(words, second)]).toEqual([true, true])
    reports.look()
    expect(told).toEqual(['first began', 'first runs'])
    reports.take(['done', first.id, null, 5])
    reports.look()
    expect(told.slice(2)).toEqual(['first is done', 'second began', 'second runs'])
  })

  it('says that a message runs that was given for good, when its turn comes', () => {
    const { words, reports, told, give } = books()
    const first = give('first')
    const moved = give('moved', true)
    reports.began(moved, 0)
    claim(words, first)
    reports.look()
    expect(told).toEqual(['moved began', 'first began', 'first runs'])
    reports.take(['done', first.id, null, 5])
    reports.look()
    expect(told.slice(3)).toEqual(['first is done', 'moved runs'])
  })
})
