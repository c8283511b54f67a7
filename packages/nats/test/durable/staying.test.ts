import { virtualClock } from '@genpool/runtime/testing'
import { Staying } from '../../src/durable/staying'

/** What a consumer has: up to where all is acknowledged, and how many it has to deliver, or are not acknowledged. */
interface Consumer {
  readonly floor: number
  readonly pending?: number
  readonly unacknowledged?: number
}

const infoOf = ({ floor, pending = 1, unacknowledged = 0 }: Consumer) =>
  ({ name: 'any', ack_floor: { stream_seq: floor }, num_pending: pending, num_ack_pending: unacknowledged }) as never

/** A stream with messages at these places of one lane, and what is left of them, and what its consumer has, after a moment. */
const sure = async (
  before: readonly number[],
  after: readonly number[],
  consumer: Consumer | number,
  { looks = 1, later = consumer, isUnlisted = false } = {},
) => {
  const clock = virtualClock()
  let asked = 0
  const getMessage = async (_stream: string, { seq, next_by_subj }: { seq: number; next_by_subj?: string }) => {
    asked++
    const there = clock.now() === 0 ? before : after
    if (isUnlisted && next_by_subj === 'any') return null
    const found = there.find((place) => (next_by_subj === undefined ? place === seq : place >= seq))
    return found === undefined ? null : { seq: found, subject: 'any' }
  }
  const of = (which: Consumer | number) => [infoOf(typeof which === 'number' ? { floor: which } : which)]
  const subjects = [{ subject: 'any', consumer: 'any' }]
  const ports = { jsm: { streams: { getMessage } } as never, clock, stream: 's', subjects }
  const staying = new Staying({ ...ports, consumers: async () => of(later) })
  let isSure: boolean | undefined
  for (let i = 0; i < looks; i++) {
    void staying.isSure(of(consumer), { any: before.length }).then((value) => (isSure = value))
    await clock.advance(1000)
  }
  return { isSure, asked }
}

describe('messages that nobody gets', () => {
  it('are certain if all up to there is acknowledged, and they stay', async () => {
    expect(await sure([3, 9], [3, 9], 5)).toEqual({ isSure: true, asked: 2 })
    // What is known is not waited for again.
    expect(await sure([3, 9], [3, 9], 5, { looks: 2 })).toEqual({ isSure: true, asked: 3 })
  })

  it('are certain if their consumer has nothing to do both times, and they stay', async () => {
    const idle = { floor: 0, pending: 0 }
    expect((await sure([6, 9], [6, 9], idle)).isSure).toBe(true)
    expect((await sure([6, 9], [9], idle)).isSure).toBe(false)
    expect((await sure([6], [6], idle, { later: { floor: 0, pending: 1 } })).isSure).toBe(false)
    expect((await sure([6], [6], idle, { later: { floor: 0, pending: 0, unacknowledged: 1 } })).isSure).toBe(false)
  })

  it('are certain if the server that was killed counts them, and says that their subject has none', async () => {
    expect((await sure([3, 9], [3, 9], 5, { isUnlisted: true })).isSure).toBe(true)
    expect((await sure([3, 9], [9], 5, { isUnlisted: true })).isSure).toBe(false)
    expect((await sure([6, 9], [6, 9], 5, { isUnlisted: true })).isSure).toBe(false)
  })

  it('are not certain if they were on their way: acknowledged a moment ago, or not yet', async () => {
    expect((await sure([3, 9], [9], 5)).isSure).toBe(false)
    expect((await sure([6, 9], [6, 9], 5)).isSure).toBe(false)
    expect((await sure([], [], 5)).isSure).toBe(false)
    expect(await sure([3], [3], 0)).toEqual({ isSure: false, asked: 0 })
  })
})
