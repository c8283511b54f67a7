import { virtualClock } from '@genpool/runtime/testing'
import { Staying } from '../../src/durable/staying'

/** A stream with messages at these places of one lane, and what is left of them after a moment. */
const sure = async (before: readonly number[], after: readonly number[], floor: number, looks = 1) => {
  const clock = virtualClock()
  let asked = 0
  const getMessage = async (_stream: string, { seq, next_by_subj }: { seq: number; next_by_subj?: string }) => {
    asked++
    const there = clock.now() === 0 ? before : after
    const found = there.find((place) => (next_by_subj === undefined ? place === seq : place >= seq))
    return found === undefined ? null : { seq: found }
  }
  const subjects = [{ subject: 'any', consumer: 'any' }]
  const staying = new Staying({ jsm: { streams: { getMessage } } as never, clock, stream: 's', subjects })
  let isSure: boolean | undefined
  for (let i = 0; i < looks; i++) {
    void staying.isSure([{ name: 'any', ack_floor: { stream_seq: floor } } as never]).then((value) => (isSure = value))
    await clock.advance(1000)
  }
  return { isSure, asked }
}

describe('messages that nobody gets', () => {
  it('are certain if all up to there is acknowledged, and they stay', async () => {
    expect(await sure([3, 9], [3, 9], 5)).toEqual({ isSure: true, asked: 2 })
    // What is known is not waited for again.
    expect(await sure([3, 9], [3, 9], 5, 2)).toEqual({ isSure: true, asked: 3 })
  })

  it('are not certain if they were on their way: acknowledged a moment ago, or not yet', async () => {
    expect((await sure([3, 9], [9], 5)).isSure).toBe(false)
    expect((await sure([6, 9], [6, 9], 5)).isSure).toBe(false)
    expect((await sure([], [], 5)).isSure).toBe(false)
    expect(await sure([3], [3], 0)).toEqual({ isSure: false, asked: 0 })
  })
})
