import { MovingDeadlines } from '../../src/owner/moving-deadlines'

/** A thread that has one batch; each of its messages has a deadline, and an outcome if it is settled. */
function batch(...messages: readonly { readonly deadline: number; readonly outcome?: string }[]) {
  const [first, ...companions] = messages.map(({ deadline, outcome = null }) => ({
    deadline,
    outcome,
    deadlineMoves: true,
    companions: null as readonly object[] | null,
  }))
  first!.companions = companions
  const told = new Map<number, number>()
  const words = {
    deadlineOf: (place: number) => told.get(place) ?? Infinity,
    setDeadline: (place: number, deadline: number) => void told.set(place, deadline),
  }
  const given = { job: first, place: 4 }
  const ledger = { all: [given], of: () => given }
  const deadlines = new MovingDeadlines(ledger as never, words, true)
  return { deadlines, given: given as never, jobs: [first, ...companions] as never[], told: () => told.get(4) }
}

describe('the deadline of a batch in a thread', () => {
  it('is that of the message that waits longest', () => {
    const { deadlines, given, told } = batch({ deadline: 10 }, { deadline: 30 }, { deadline: 20 })
    deadlines.given(given)
    expect(told()).toBe(30)
  })

  it('is that of those who still wait when one leaves: not of one that has its outcome', () => {
    const { deadlines, jobs, told } = batch(
      { deadline: 10 },
      { deadline: 30 },
      { deadline: 20 },
      { deadline: 40, outcome: 'expired' },
    )
    deadlines.left(jobs[1] as never)
    expect(told()).toBe(20)
  })

  it('stays as it is when the last one leaves', () => {
    const { deadlines, given, jobs, told } = batch({ deadline: 10 }, { deadline: 30, outcome: 'expired' })
    deadlines.given(given)
    deadlines.left(jobs[0] as never)
    expect(told()).toBe(10)
  })
})
