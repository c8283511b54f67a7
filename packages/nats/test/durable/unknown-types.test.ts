import { NS_PER_MS } from '@genpool/runtime'
import { offerOf, type Unknown, UnknownTypes } from '../../src/durable/unknown-types'

/** The waits of a cast that is offered again and again, until it is dead or has been offered `most` times. */
function waits(options: { hasLane: boolean; rate: number; keepMs: number; most: number }): (number | string)[][] {
  const { most, ...rest } = options
  const all: (number | string)[][] = []
  let unknown: Unknown | undefined
  for (let nowMs = 0; all.length < most;) {
    const offer = offerOf(unknown, { ...rest, nowMs })
    if (offer === null) return [...all, ['dead', nowMs]]
    unknown = offer.unknown
    all.push([offer.delayMs, offer.leaveMs])
    nowMs += offer.delayMs
  }
  return all
}

describe('a cast of a type that a consumer does not know', () => {
  const keepMs = 60_000

  it('comes again each second if there are few, and is dead when nobody has known it for too long', () => {
    expect(waits({ hasLane: false, rate: 3, keepMs: 2500, most: 9 })).toEqual([
      [1075, 0],
      [1000, 0],
      [1000, 0],
      ['dead', 3075],
    ])
  })

  it.each([
    [100, 1000],
    [200, 2000],
    [10_000, 5000],
  ])('comes again less often if there are many: %d in a second', (rate, longest) => {
    const [, second] = waits({ hasLane: false, rate, keepMs, most: 2 })
    expect(second![0]).toBeGreaterThanOrEqual(longest)
    expect(second![0]).toBeLessThanOrEqual(longest + 1000)
  })

  it('with a key is left to others for longer each time', () => {
    const all = waits({ hasLane: true, rate: 10_000, keepMs, most: 6 })
    expect(all.map(([delayMs]) => delayMs)).toEqual([250, 250, 250, 250, 250, 250])
    expect(all.map(([, leaveMs]) => leaveMs)).toEqual([500, 1000, 2000, 4000, 5000, 5000])
  })

  it('counts in the rate of the second that runs, or of the one before', () => {
    const unknowns = new UnknownTypes()
    const second = 1000 * NS_PER_MS
    for (let seq = 0; seq < 30; seq++) unknowns.add(seq, 'new', { now: 5 * second, againMs: 1000 })
    for (let seq = 0; seq < 7; seq++) unknowns.add(seq, 'new', { now: 6 * second, againMs: 1000 })
    expect([6, 7, 8].map((at) => unknowns.rate(at * second))).toEqual([30, 7, 0])
    expect(unknowns.counts(6 * second)).toEqual({ new: 30 })
  })
})

describe('the casts of unknown types that a consumer names', () => {
  it('are those that it gave back lately, and that are not dead', () => {
    const types = new UnknownTypes()
    types.add(1, 'new', { now: 0, againMs: 1000 })
    types.add(2, 'new', { now: 0, againMs: 1000 })
    types.add(3, 'other', { now: 0, againMs: 1000 })
    types.remove(2)
    types.remove(3)
    expect(types.counts(1000 * NS_PER_MS)).toEqual({ new: 1 })
    expect(types.counts(60_000 * NS_PER_MS)).toEqual({})
  })

  it('are named no longer when they are with somebody who knows them: soon if they would have come again soon', () => {
    const types = new UnknownTypes()
    types.add(1, 'soon', { now: 0, againMs: 1000 })
    types.add(2, 'late', { now: 0, againMs: 5000 })
    const at = (ms: number) => types.counts(ms * NS_PER_MS)
    expect([at(2900), at(3100), at(14_900), at(15_100)]).toEqual([{ soon: 1, late: 1 }, { late: 1 }, { late: 1 }, {}])
  })
})
