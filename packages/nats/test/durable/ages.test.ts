import { ageOf, agesIn, doubted, microsOf, NO_AGES, sharpened, started } from '../../src/durable/ages'

describe('the age of a message', () => {
  it('is read to the microsecond', () => {
    expect(microsOf('2026-01-02T03:04:05.678901234Z') - microsOf('2026-01-02T03:04:05Z')).toBe(678_901)
    expect(microsOf('0001-01-01T00:00:00Z')).toBeLessThan(0)
  })

  it('is young before a server has started', () => {
    expect(ageOf({ ...NO_AGES, seen: 10 }, 5)).toBe('young')
  })

  it('is old up to the newest one that was seen, and doubtful up to the look after the start', () => {
    const ages = started({ ...NO_AGES, seen: 10 }, 0, 15)
    expect([10, 11, 15, 16].map((time) => ageOf(ages, time))).toEqual(['old', 'doubtful', 'doubtful', 'young'])
  })

  it('is known better by a process that lived on', () => {
    const first = started({ ...NO_AGES, seen: 10 }, 0, 15)
    expect([13, 14, 15].map((time) => ageOf(sharpened(first, 13), time))).toEqual(['old', 'doubtful', 'doubtful'])
    expect(ageOf(sharpened(first, 20), 15)).toBe('old')
  })

  it('stays doubtful, however often servers start', () => {
    let ages = started({ ...NO_AGES, seen: 10 }, 0, 15)
    ages = doubted({ ...ages, seen: 30 }, 20)
    for (let at = 31; at < 400; at += 2) ages = started({ ...ages, seen: at }, at, at + 1)
    expect([10, 15, 20].map((time) => ageOf(ages, time))).toEqual(['old', 'doubtful', 'doubtful'])
    expect(ages.doubts).toHaveLength(100)
  })

  it('is not known of what others have written', () => {
    expect(agesIn(undefined, 7)).toEqual({ seen: 7, until: 0, doubts: [] })
    expect(agesIn({ seen: 1, until: 2, doubts: [['a', 'b']] } as never, 7)).toEqual({ seen: 7, until: 0, doubts: [] })
  })
})
