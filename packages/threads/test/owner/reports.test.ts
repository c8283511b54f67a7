import type { Job } from '@genpool/core'
import { claim, commit } from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'
import { SharedWords } from '../../src/protocol/shared-words'
import { Reports } from '../../src/owner/reports'
import { RunStarts } from '../../src/owner/run-starts'

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
  let now = 0
  const startOf = ({ place }: { place: number }) => words.startOf(place)
  const starts = new RunStarts(ledger, host as never, { startOf, now: () => now })
  const ports = { host, seat: {}, ran: () => undefined, resolved: () => undefined }
  const reports = new Reports(ledger, starts, ports as never)
  const give = (message: string, taken = false) => {
    const job = { message, outcome: 'replied', companions: null, expectsAnswer: true } as unknown as Job
    return ledger.give(job, taken)
  }
  /** The thread begins a job. */
  const begin = (job: Parameters<typeof claim>[1]): void => {
    words.setStart(job.place, ++now)
    claim(words, job)
  }
  return { ledger, words, starts, reports, told, give, begin }
}

describe('what the owner of a thread reports', () => {
  it('is what runs now: a message before it is over, though its end was not heard', () => {
    const { starts, reports, told, give, begin } = books()
    const [first, second, third] = [give('first'), give('second'), give('third')]
    begin(first)
    starts.look()
    begin(second)
    starts.look()
    expect(told).toEqual(['first began', 'first runs', 'second began', 'second runs'])
    expect([first, second, third].map(({ job }) => starts.stageOf(job, false))).toEqual(['over', 'runs', 'over'])
    reports.take(['done', first.id, null, 5])
    starts.look()
    expect(told.slice(4)).toEqual(['first is done'])
  })

  it('is the beginning of a message that the thread does not give back', () => {
    const { starts, told, give, begin } = books()
    const [first, second] = [give('first'), give('second')]
    begin(first)
    begin(second)
    starts.kept(first.job)
    starts.kept(first.job)
    expect(told).toEqual(['first began', 'first runs'])
  })

  it('is nothing of a message of a batch that was taken back, once it has its outcome elsewhere: it is forgotten', () => {
    const { ledger, reports, give, told } = books()
    const { job } = give('first')
    const other = { outcome: null as string | null, succeed: () => told.push('answered') }
    const { id } = reports.companion(other as unknown as Job, ledger.nextId())
    ledger.revoke(job)
    reports.sweep()
    reports.take(['answered', id, 1, true])
    other.outcome = 'replied'
    reports.sweep()
    reports.take(['answered', id, 1, true])
    expect(told).toEqual(['answered'])
  })

  it('is nothing after its member has ended, not even what a message answers that had begun', () => {
    const { starts, reports, told, give, begin } = books()
    const first = give('first')
    const job = first.job as { succeed?: unknown }
    job.succeed = () => told.push('first is answered')
    begin(first)
    starts.end()
    reports.take(['answered', first.id, 1, true])
    reports.take(['done', first.id, null, 5])
    starts.look()
    reports.died(new Error('gone'), true)
    expect(told).toEqual([])
  })

  it('says of a message that has committed that this outlives the thread, where the state does', () => {
    const { words, starts, give, begin } = books()
    const [first, second] = [give('first'), give('second')]
    begin(first)
    commit(words, first)
    expect([true, false].map((outlives) => starts.stageOf(first.job, outlives))).toEqual(['committed', 'over'])
    begin(second)
    expect(starts.stageOf(second.job, true)).toBe('runs')
    commit(words, second, false)
    expect(starts.stageOf(second.job, true)).toBe('over')
  })

  it('says that a message runs that was given for good, when its turn comes', () => {
    const { starts, reports, told, give, begin } = books()
    const first = give('first')
    const moved = give('moved', true)
    starts.givenForGood(moved)
    starts.kept(moved.job)
    begin(first)
    starts.look()
    expect(told).toEqual(['moved began', 'first began', 'first runs'])
    reports.take(['done', first.id, null, 5])
    starts.look()
    expect(told.slice(3)).toEqual(['first is done'])
    begin(moved)
    starts.look()
    expect(told.slice(3)).toEqual(['first is done', 'moved runs'])
  })
})
