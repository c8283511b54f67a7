import fc from 'fast-check'
import { callersOf, mayWaitUntil } from '../../src/thread/patience'

const message = (sentAt: number, deadline: number, mayWait = true) => ({
  id: 1,
  kind: 'call' as const,
  continues: false,
  message: 1,
  sentAt,
  deadline,
  expectsAnswer: true,
  wantsProgress: false,
  mayWait,
  attempt: 0,
  sender: null,
})

describe('an answer', () => {
  it('may wait for a sixth of the time that its caller waited before it began', () => {
    expect(mayWaitUntil({ startedAt: 600, sentAt: 0, deadline: Infinity }, 1000)).toBe(1100)
  })

  it('may not wait if its message began at once, however long it ran', () => {
    expect(mayWaitUntil({ startedAt: 0, sentAt: 0, deadline: Infinity }, 1e9)).toBe(1e9)
  })

  it('may not wait if nobody knows when it was sent', () => {
    const callers = callersOf(message(0, Infinity, false), null)
    expect(mayWaitUntil({ startedAt: 600, ...callers }, 1000)).toBeLessThan(1000)
  })

  it('of a batch waits as long as the most impatient of its callers', () => {
    const callers = callersOf(message(0, 9000), [message(300, 8000), message(100, 9500)])
    expect(callers).toEqual({ sentAt: 300, deadline: 8000, lastDeadline: 9500 })
    expect(callersOf(message(0, 9000), [message(300, 8000, false)]).sentAt).toBe(Infinity)
  })

  it('never waits longer than a sixth of what its caller has waited, nor of what is left to it', () => {
    const time = fc.nat({ max: 1e6 })
    fc.assert(
      fc.property(time, time, time, fc.integer({ min: -1e6, max: 1e6 }), (sentAt, waited, ran, left) => {
        const startedAt = sentAt + waited
        const now = startedAt + ran
        const longest = mayWaitUntil({ startedAt, sentAt, deadline: now + left }, now) - now
        expect(longest).toBeLessThanOrEqual(waited / 6 + 1e-6)
        expect(longest).toBeLessThanOrEqual(left / 6 + 1e-6)
        expect(longest > 1e-6).toBe(waited > 0 && left > 0)
      }),
    )
  })
})
