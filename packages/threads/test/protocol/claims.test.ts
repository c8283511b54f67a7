import fc from 'fast-check'
import {
  cancel,
  claim,
  commit,
  hasBegun,
  isDecided,
  isIn,
  offer,
  COMMITTED,
  revoke,
  TAKEN,
  type Words,
  withdraw,
} from '../../src/protocol/claims'
import { Ledger } from '../../src/protocol/ledger'

class Memory implements Words {
  readonly #words = new Map<number, number>()
  load = (place: number): number => this.#words.get(place) ?? 0
  store = (place: number, value: number): void => void this.#words.set(place, value)
  compareExchange(place: number, expected: number, next: number): number {
    const before = this.load(place)
    if (before === expected) this.store(place, next)
    return before
  }
}

/** All ways to merge two lists, each in its own order. */
function merges<T>(a: readonly T[], b: readonly T[]): T[][] {
  if (a.length === 0 || b.length === 0) return [[...a, ...b]]
  return [
    ...merges(a.slice(1), b).map((rest) => [a[0] as T, ...rest]),
    ...merges(a, b.slice(1)).map((rest) => [b[0] as T, ...rest]),
  ]
}

describe('the claim of a job', () => {
  const job = { id: 7, place: 0 }

  it('lets exactly one of them decide, whoever comes first', () => {
    for (const order of merges(['revoke', 'cancel'], ['claim', 'commit'])) {
      const words = new Memory()
      offer(words, job)
      const did: Record<string, boolean> = {}
      const steps: Record<string, () => boolean> = {
        revoke: () => revoke(words, job),
        cancel: () => cancel(words, job),
        claim: () => claim(words, job),
        commit: () => did['claim'] === true && commit(words, job),
      }
      for (const step of order) did[step] = steps[step]!()
      expect(did['revoke']).toBe(!did['claim'])
      if (did['claim']) expect(did['cancel']).toBe(!did['commit'])
      else expect(did['cancel'] || did['commit']).toBe(false)
      expect(hasBegun(words, job)).toBe(did['claim'])
    }
  })

  it('says the same again when it is asked again', () => {
    const words = new Memory()
    offer(words, job)
    expect([claim(words, job), claim(words, job)]).toEqual([true, false])
    expect([commit(words, job), commit(words, job), cancel(words, job)]).toEqual([true, true, false])
  })

  it('says whether there was a commit, and neither can be given up', () => {
    const words = new Memory()
    offer(words, job)
    claim(words, job)
    expect([commit(words, job, false), commit(words, job, false), cancel(words, job)]).toEqual([true, true, false])
    expect([hasBegun(words, job), isDecided(words, job), isIn(words, job, COMMITTED)]).toEqual([true, true, false])
    // It is asked before the handler runs, and again after it.
    expect([commit(words, job), commit(words, job, false)]).toEqual([true, true])
    expect([isDecided(words, job), isIn(words, job, COMMITTED)]).toEqual([true, true])
  })

  it('of a job that was cancelled ends without an answer, too', () => {
    const words = new Memory()
    offer(words, job, true)
    expect([cancel(words, job), commit(words, job, false), isDecided(words, job)]).toEqual([true, false, false])
  })

  it('of an earlier job never takes the word of the next one', () => {
    const words = new Memory()
    offer(words, job)
    expect(revoke(words, job)).toBe(true)
    const next = { id: 8, place: 0 }
    offer(words, next)
    expect([claim(words, job), revoke(words, job), cancel(words, job), commit(words, job)]).not.toContain(true)
    expect(claim(words, next)).toBe(true)
  })

  it('that is offered as taken has not begun before its turn; until then its caller may give up, and it never runs', () => {
    const words = new Memory()
    offer(words, job, true)
    expect([hasBegun(words, job), withdraw(words, job), claim(words, job)]).toEqual([false, true, false])
    offer(words, job, true)
    expect([claim(words, job), hasBegun(words, job), withdraw(words, job)]).toEqual([true, true, false])
  })

  it('that is offered as taken cannot be taken back', () => {
    const words = new Memory()
    offer(words, job, true)
    expect(revoke(words, job)).toBe(false)
    expect(isIn(words, job, TAKEN)).toBe(true)
    expect(cancel(words, job)).toBe(true)
    expect(commit(words, job)).toBe(false)
  })
})

/** One request of the model, and what both sides did with it. */
interface Story {
  readonly name: number
  outcome: 'answered' | 'refused' | 'givenBack' | 'crashed' | undefined
  runs: number
  commits: number
  cancelled: boolean
}

type Message = { readonly id: number; readonly place: number; readonly story: Story }

/** An owner and a thread that do one atomic step at a time, with a queue of messages each way. */
class Model {
  readonly words = new Memory()
  readonly ledger = new Ledger<Story>(this.words)
  readonly stories: Story[] = []
  readonly toThread: Message[] = []
  readonly toOwner: (Message & { readonly committed: boolean })[] = []
  running: Message | null = null
  isAlive = true

  give(): void {
    if (!this.isAlive || this.ledger.size >= 8) return
    const story: Story = { name: this.stories.length, outcome: undefined, runs: 0, commits: 0, cancelled: false }
    this.stories.push(story)
    const { id, place } = this.ledger.give(story, false)
    this.toThread.push({ id, place, story })
  }

  /** The caller gives up: the owner takes the job back, or has it cancelled, unless its answer is on the way. */
  giveUp(which: number): void {
    const story = this.stories[which % Math.max(1, this.stories.length)]
    if (story === undefined || story.outcome !== undefined || story.cancelled) return
    if (!this.ledger.giveUp(story)) return
    // The thread may do its next step in between: what was decided stays.
    this.work()
    if (this.ledger.revoke(story)) return void (story.outcome = 'givenBack')
    story.cancelled = true
  }

  /** The thread: one atomic step. */
  work(): void {
    if (!this.isAlive) return
    if (this.running === null) {
      const next = this.toThread.shift()
      if (next === undefined || !claim(this.words, next)) return
      next.story.runs++
      this.running = next
      return
    }
    const committed = commit(this.words, this.running)
    if (committed) this.running.story.commits++
    this.toOwner.push({ ...this.running, committed })
    this.running = null
  }

  hear(): void {
    const report = this.toOwner.shift()
    const given = report === undefined ? undefined : this.ledger.byId(report.id)
    if (report === undefined || given === undefined) return
    this.ledger.end(given)
    given.job.outcome = report.committed ? 'answered' : 'refused'
  }

  die(): void {
    if (!this.isAlive) return
    this.isAlive = false
    // What the thread has sent is heard first.
    while (this.toOwner.length > 0) this.hear()
    const all = [...this.ledger.all].map(({ job }) => job)
    const begun = new Set(this.ledger.died().map(({ job }) => job))
    for (const story of all) story.outcome = begun.has(story) ? 'crashed' : 'givenBack'
  }
}

describe('owner and thread', () => {
  it('agree about each job, however their steps fall', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ op: 'give' as const, which: 0 }) },
      { weight: 6, arbitrary: fc.constant({ op: 'work' as const, which: 0 }) },
      { weight: 4, arbitrary: fc.constant({ op: 'hear' as const, which: 0 }) },
      { weight: 3, arbitrary: fc.record({ op: fc.constant('giveUp' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant({ op: 'die' as const, which: 0 }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const model = new Model()
        for (const { op, which } of steps) model[op](which)
        for (let left = 1000; left > 0 && model.ledger.size > 0; left--) {
          model.work()
          model.hear()
        }
        for (const story of model.stories) {
          expect(story.outcome).toBeDefined()
          expect(story.runs).toBe(story.outcome === 'givenBack' ? 0 : 1)
          expect(story.commits).toBeLessThanOrEqual(1)
          if (story.outcome === 'answered') expect(story.commits).toBe(1)
          if (story.outcome === 'refused') expect(story.commits).toBe(0)
          if (story.cancelled) expect(story.commits).toBe(0)
        }
        expect(model.ledger.size).toBe(0)
      }),
      { numRuns: Number(process.env['GENPOOL_MODEL_RUNS'] ?? 2000) },
    )
  })
})

it.each([true, false])('a job whose answer is on its way cannot be given up, with a commit: %s', (changes) => {
  const words = new Memory()
  const ledger = new Ledger<object>(words)
  const job = {}
  const given = ledger.give(job, false)
  claim(words, given)
  commit(words, given, changes)
  expect(ledger.giveUp(job)).toBe(false)
  expect(ledger.hasCommitted(given)).toBe(changes)
  expect(ledger.died()).toEqual([given])
})

describe('a job that was given for good, and whose caller gives up before it begins', () => {
  it.each([
    ['is taken back', false],
    ['is still begun and ended by its thread if its beginning was reported, and commits nothing', true],
  ])('%s', (_what, isReported) => {
    const words = new Memory()
    const ledger = new Ledger<object>(words)
    const job = {}
    const given = ledger.give(job, true)
    given.reported = isReported
    expect(ledger.giveUp(job)).toBe(true)
    expect(ledger.hasBegun(given)).toBe(isReported)
    expect([claim(words, given), commit(words, given)]).toEqual([false, false])
  })
})

it('what was given up before it began has not begun when its thread dies, though the thread has not said so', () => {
  const ledger = new Ledger<object>(new Memory())
  const [givenUp, waits] = [{}, {}]
  ledger.give(givenUp, false)
  ledger.give(waits, false)
  expect(ledger.giveUp(givenUp)).toBe(true)
  expect(ledger.died()).toEqual([])
})
