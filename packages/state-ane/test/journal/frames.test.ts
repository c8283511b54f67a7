import fc from 'fast-check'
import { DamagedFile, frame, MAGIC, readFrames } from '../../src/journal/frames'

const VALUES = [{ n: 1 }, 'two', [3, new Map([['four', 4]])], null, { five: 'x'.repeat(50) }]
const frames = VALUES.map((value) => frame(value))
const whole = Buffer.concat([MAGIC, ...frames])
/** Where each frame ends. */
const ends = frames.reduce((all, { length }) => [...all, (all.at(-1) as number) + length], [MAGIC.length])

describe('frames', () => {
  it('cut at any byte, are those that were whole before it', () => {
    for (let length = MAGIC.length; length <= whole.length; length++) {
      const { values, end } = readFrames(whole.subarray(0, length))
      const expected = ends.filter((one) => one <= length).length - 1
      expect(values).toEqual(VALUES.slice(0, expected))
      expect(end).toBe(ends[expected])
    }
  })

  it('cut within the first bytes, which are there from the start, are damage', () => {
    for (let length = 0; length < MAGIC.length; length++) {
      for (const room of [0, 100]) {
        const cut = Buffer.concat([whole.subarray(0, length), Buffer.alloc(room)])
        expect(() => readFrames(cut)).toThrow(expect.objectContaining({ damage: 'empty', position: 0 }) as Error)
      }
    }
  })

  it('cut at any byte with room behind that was never written to, are the same', () => {
    for (let length = MAGIC.length; length <= whole.length; length++) {
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
        expect((error as DamagedFile).position).toBeLessThanOrEqual(position)
      }
    })
    fc.assert(law, { numRuns: 2000 })
  })

  it('of which the last is all there and wrong are damage: it was acknowledged', () => {
    const start = ends.at(-2) as number
    for (let bit = start * 8; bit < whole.length * 8; bit++) {
      const wrong = Buffer.from(whole)
      wrong[bit >> 3] = (wrong[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => readFrames(wrong)).toThrow(`damaged at byte ${start}`)
    }
  })

  it('are torn at the end where the sectors of a disk were written in any order', () => {
    const head = Buffer.concat([MAGIC, frame('first')])
    const file = Buffer.concat([head, frame(Array.from({ length: 700 }, (_, i) => i + 1))])
    const sectors = Math.ceil(file.length / 512)
    expect(sectors).toBeGreaterThan(3)
    for (let written = 0; written < 2 ** sectors - 1; written++) {
      const torn = Buffer.from(file)
      for (let i = 0; i < sectors; i++)
        if ((written & (1 << i)) === 0)
          torn.fill(0, Math.max(head.length, i * 512), Math.min(file.length, (i + 1) * 512))
      expect(readFrames(torn)).toEqual({ values: ['first'], end: head.length })
    }
  })

  it('that are wrong before the last are damage, and not a torn end', () => {
    const wrong = Buffer.from(whole)
    const second = ends[1] as number
    wrong[second + 9] = (wrong[second + 9] as number) ^ 1
    expect(() => readFrames(wrong)).toThrow(`damaged at byte ${second}`)
  })
})
