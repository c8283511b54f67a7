import { Endings } from '../../src/owner/endings'
import type { Thread } from '../../src/owner/thread'

/** A thread whose `terminate` has not returned. It answers, so that it is idle most of the time. */
function subject() {
  let killed = false
  let idleMs = 0
  const thread = {
    isGone: false,
    hold: () => undefined,
    gone: () => new Promise<void>(() => undefined),
    kill: async () => void (killed = true),
    get idleMs() {
      return (idleMs += 1)
    },
  }
  const endings = new Endings(thread as unknown as Thread)
  const after = (ms: number): boolean => {
    jest.advanceTimersByTime(ms)
    return killed
  }
  return { endings, after }
}

describe('a thread whose "terminate" takes long', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('has all the time for which its pool waits', () => {
    const { endings, after } = subject()
    void endings.end(() => undefined, { reason: 'resize', poolStops: false, isRunning: false })
    expect(after(29_000)).toBe(false)
    endings.hurry()
    expect(after(4_000)).toBe(false)
    expect(after(2_000)).toBe(true)
  })

  it('has it also if the pool has stopped while a handler ran', () => {
    const { endings, after } = subject()
    endings.endRunSoon()
    void endings.end(() => undefined, { reason: 'shutdown', poolStops: true, isRunning: false })
    expect(after(29_000)).toBe(false)
  })

  it('does not have it if its handler does not end', () => {
    const { endings, after } = subject()
    endings.endRunSoon()
    expect(after(4_000)).toBe(false)
    expect(after(2_000)).toBe(true)
  })

  it('has no time if its handler still runs: that may loop', () => {
    const { endings, after } = subject()
    void endings.end(() => undefined, { reason: 'stuck', poolStops: false, isRunning: true })
    expect(after(100)).toBe(true)
  })
})
