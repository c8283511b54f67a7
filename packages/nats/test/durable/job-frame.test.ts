import fc from 'fast-check'
import { jobFrame, movedFrame, NO_HEADER, readJob } from '../../src/durable/job-frame'
import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { BadFrame } from '../../src/wire/errors'

const bodies = bodiesOf(defaultCodec)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const time = fc.double({ min: 0, max: 1e13, noNaN: true })
const header = fc.record({
  id: fc.string({ minLength: 1, maxLength: 256 }),
  key: maybe(fc.string({ minLength: 1, maxLength: 100 })),
  expiresMs: maybe(time),
  delayMs: maybe(time),
  storedAt: maybe(time),
  isSentAgain: fc.boolean(),
})

describe('a stored cast', () => {
  it('law: is read as it was written, and when it was moved, too', () => {
    fc.assert(
      fc.property(header, header, fc.object(), (first, second, value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'))
        const read = readJob(jobFrame(first, { bodies, value, max: 1e6 }))
        expect(read.header).toEqual(first)
        expect(bodies.read(read.body)).toEqual(value)
        const moved = readJob(movedFrame(second, read.body))
        expect(moved.header).toEqual(second)
        expect(bodies.read(moved.body)).toEqual(value)
      }),
    )
  })

  it('law: bytes of anybody are read, or are a BadFrame', () => {
    const start = fc.constantFrom([], [0x6a], [0x6a, 1], [0x6a, 1, 15], [0x6a, 1, 255])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        try {
          expect(readJob(Uint8Array.from([...first, ...rest])).header.id).not.toBe('')
        } catch (error) {
          expect(error).toBeInstanceOf(BadFrame)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('that is too large is refused', () => {
    const value = 'x'.repeat(100)
    const small = { ...NO_HEADER, id: 'a' }
    expect(() => jobFrame(small, { bodies, value, max: 50 })).toThrow('larger than the 50 bytes')
  })
})
