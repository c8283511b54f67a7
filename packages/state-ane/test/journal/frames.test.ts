import fc from 'fast-check'
import { DamagedFile, frame, MAGIC, readFrames } from '../../src/journal/frames'

const VALUES = [{ n: 1 }, 'two', [3, new Map([['four', 4]])], null, { five: 'x'.repeat(50) }]
const frames = VALUES.map((value) => frame(value))
const whole = Buffer.concat([MAGIC, ...frames])
/** Where each frame ends. */
const ends = frames.reduce((all, { length }) => [...all, (all.at(-1) as number) + length], [MAGIC.length])

describe('frames', () => {
  it('cut at any byte, are those that were whole before it', () => {
    for (let length = 0; length <= whole.length; length++) {
      const { values, end } = readFrames(whole.subarray(0, length))
      const expected = ends.filter((one) => one <= length).length - 1
      expect(values).toEqual(VALUES.slice(0, Math.max(expected, 0)))
      expect(end).toBe(expected < 0 ? 0 : ends[expected])
    }
  })

  it('cut at any byte with room behind that was never written to, are the same', () => {
    for (let length = 0; length <= whole.length; length++) {
      const room = Buffer.concat([whole.subarray(0, length), Buffer.alloc(100)])
      const { values } = readFrames(room)
      // What was cut off may itself have been zeros, and then nothing is missing.
      const expected = Math.max(ends.filter((one) => one <= length).length - 1, 0)
      expect(values.length).toBeGreaterThanOrEqual(expected)
      expect(values).toEqual(VALUES.slice(0, values.length))
    }
  })

  it('with one wrong byte are never read as something else', () => {
    const law = fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (position, flip) => {
      const wrong = Buffer.from(whole)
      wrong[position] = (wrong[position] as number) ^ flip
      try {
        const { values } = readFrames(wrong)
        expect(values.length).toBeLessThan(VALUES.length)
        expect(values).toEqual(VALUES.slice(0, values.length))
      } catch (error) {
        expect(error).toBeInstanceOf(DamagedFile)
      }
    })
    fc.assert(law, { numRuns: 2000 })
  })

  it('that are wrong before the last are damage, and not a torn end', () => {
    const wrong = Buffer.from(whole)
    const second = ends[1] as number
    wrong[second + 9] = (wrong[second + 9] as number) ^ 1
    expect(() => readFrames(wrong)).toThrow(`damaged at byte ${second}`)
  })
})
