import { bodiesOf, defaultCodec } from '../../src/wire/codec'
import { readJob } from '../../src/durable/job-frame'
import { Publisher, Unknown } from '../../src/durable/publisher'
import { systemClock } from '@genpool/runtime'
import { BadFrame } from '../../src/wire/errors'
import { readFailure } from '../../src/wire/failures'
import { openFrame } from '../../src/wire/frames'
import { Writer } from '../../src/wire/writer'

const text = (value: string): number[] => [value.length * 2, ...Buffer.from(value)]
const f64 = (value: number): number[] => [...Buffer.from(new Float64Array([value]).buffer).reverse()]
const errorOf = (read: () => unknown): string => {
  try {
    read()
  } catch (error) {
    return (error as Error).message
  }
  return 'it was read'
}

describe('the error of bytes that are no value', () => {
  const MANY = 'it is cut off: it says that more bytes follow than came'
  it.each<[string, number[], string]>([
    ['nothing', [], MANY],
    ['a text that is cut off', [6, 20, 65], MANY],
    ['a list that is cut off', [7, 100, 1], MANY],
    ['a number that is cut off', [5, 1, 2], MANY],
    ['a list that says it is long', [7, 0xff, 0xff, 0xff, 0xff, 0x0f], MANY],
    ['lists of lists that all say so', Array.from({ length: 3000 }, () => [7, 0xff, 0x7f]).flat(), MANY],
    ['a text that says it is long', [6, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], MANY],
    ['bytes that say they are many', [15, 0xff, 0xff, 0xff, 0x7f], MANY],
    ['a number without an end', [4, ...Array<number>(20).fill(0xff)], 'a count in it is too large'],
    ['two values', [1, 1], 'bytes follow its end'],
    ['a count without an end', [6, ...Array<number>(9).fill(255)], 'a count in it is too large'],
    ['half a character', [6, 7, 1, 2, 3], 'a text in it has half a character'],
    ['a kind of value that is not known', [77], 'the kind of value 77 is not known here: has the other side a newer'],
    ['a place among the names of an array', [20, 0, 1, ...text('5'), 1], 'a name in an array is 5'],
    ['a length among the names of an array', [20, 0, 1, ...text('length'), 1], 'a name in an array is length'],
    ['a trap among the names of an array', [20, 0, 1, ...text('__proto__'), 1], 'it has the name "__proto__"'],
    ['a typed array that is not known', [16, 99, 0], 'a kind of typed array in it is not known'],
    [
      'a typed array with a wrong length',
      [16, 3, 3, 1, 2, 3],
      'the bytes of a typed array in it do not fit its elements',
    ],
    ['a bigint', [12, ...text('xyz')], 'a bigint in it is not hexadecimal'],
    ['a regular expression', [13, ...text('['), ...text('')], 'a regular expression in it is not valid'],
    ['a boxed object', [17, 8, 0], 'a boxed value in it holds no primitive'],
    ['a value that has not come', [18, 5], 'it refers to a value that has not come'],
    ['the name of a prototype', [8, 1, ...text('__proto__'), 1], 'it has the name "__proto__"'],
    ['lists in lists', Array<number[]>(600).fill([7, 1]).flat(), 'it is nested more than 500 levels deep'],
  ])('says what is wrong: %s', (_, bytes, says) => {
    const decode = (): unknown => defaultCodec.decode(Uint8Array.from(bytes))
    expect(decode).toThrow(BadFrame)
    expect(errorOf(decode)).toContain(says)
  })

  it.each<[string, () => unknown, string]>([
    ['none', () => openFrame(Uint8Array.from([1, 2, 3, 4, 5])), 'it is no frame of @genpool/nats'],
    [
      'of another version',
      () => openFrame(Uint8Array.from([0x67, 9, 1, 0, 0])),
      'use one version of @genpool/nats on both',
    ],
    ['cut off', () => openFrame(Uint8Array.from([0x67, 1, 1, 0, 9, 1])), MANY],
    [
      'an error of nobody',
      () => readFailure(defaultCodec.encode({ code: 'EPIPE', message: 'x' }), 'n'),
      'the error in it is none of GenPool',
    ],
    ['no error', () => readFailure(defaultCodec.encode(5), 'n'), 'the error in it is none of GenPool'],
  ])('says what is wrong with a frame that is %s', (_, read, says) => {
    expect(errorOf(read)).toContain(says)
  })

  it.each<[string, number[], string]>([
    ['none', [1, 2, 3, 4], 'it is no durable cast of @genpool/nats'],
    [
      'of another version',
      [0x6a, 9, 0, 0],
      'it has version 9, and this side understands 1: use one version of @genpool/nats',
    ],
    ['without an id', [0x6a, 1, 0, 0], 'its id is empty, or longer than 1024 characters'],
    ['without its key', [0x6a, 1, 1, ...text('a'), 0], 'its key is empty, or longer than'],
    ['of no time', [0x6a, 1, 2, ...text('a'), ...f64(-1)], 'a time in it is negative, too large or no number'],
    ['of all time', [0x6a, 1, 2, ...text('a'), ...f64(1e15)], 'a time in it is negative, too large or no number'],
  ])('says what is wrong with a durable cast: %s', (_, bytes, says) => {
    expect(errorOf(() => readJob(Uint8Array.from(bytes)))).toContain(says)
  })
})

describe('a codec of the user', () => {
  it('that returns no bytes is named', () => {
    const bodies = bodiesOf({ encode: () => 'text' as never, decode: () => null })
    expect(errorOf(() => bodies.write(new Writer().begin(100) as never, 1))).toBe('the codec returned no Uint8Array')
  })
})

describe('the error of a cast that is to be stored', () => {
  const publisher = (answer: object) =>
    new Publisher(
      {
        isClosed: () => false,
        request: () => Promise.resolve({ data: Buffer.from(JSON.stringify(answer)) }),
      } as never,
      systemClock,
      () => 20,
    )
  const publication = { subject: 'jobs', frame: new Uint8Array(1) }

  it('says that something else than a stream has answered', async () => {
    const failed = publisher({}).store(publication as never)
    await expect(failed).rejects.toBeInstanceOf(Unknown)
    await expect(failed).rejects.toMatchObject({
      cause: { message: 'what answered is no stream: something else listens on its subject' },
    })
  })

  it('is what the stream says', async () => {
    const failed = publisher({ error: { code: 400, err_code: 10077, description: 'message size exceeds' } })
    await expect(failed.store(publication as never)).rejects.toThrow('message size exceeds')
  })
})
