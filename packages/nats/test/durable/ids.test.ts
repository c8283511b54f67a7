import fc from 'fast-check'
import { until } from '../support/until'
import { consume, deliveries, open } from '../support/mails'

/** Characters that a header of NATS does not carry as they are, at least at its ends. */
const STRANGE = [
  ...[' ', '\t', '\v', '\f', '\r', '\n', '\0', '\x01', '\x1f', '\x7f', '\x85', '\u00a0', '\u200b', '\u2028', '\u2029'],
  ...[
    '\u3000',
    '\ufeff',
    '\ud800',
    '\udbff',
    '\udc00',
    '\ufffd',
    '\ud83d\ude00',
    ':',
    ',',
    '%',
    '=',
    'a',
    'A',
    'ä',
    'a\u0308',
  ],
]

describe('the id of a cast', () => {
  it('is the same one only if it is the same text', async () => {
    const jobs = await open({ duplicates: 600_000 })
    const ids = fc.uniqueArray(fc.string({ unit: fc.constantFrom(...STRANGE), minLength: 1, maxLength: 3 }), {
      minLength: 200,
      maxLength: 200,
    })
    await fc.assert(
      fc.asyncProperty(ids, async (all) => {
        const queue = await open({ duplicates: 600_000 })
        const stored = await Promise.all(
          all.map((id) =>
            queue.cast({ type: 'send' }, { id }).then(
              ({ duplicate }) => (duplicate ? id : null),
              (error: unknown) => expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' }),
            ),
          ),
        )
        expect(stored.filter((id) => typeof id === 'string')).toEqual([])
      }),
      { numRuns: 5 },
    )
    await expect(jobs.cast({ type: 'send' }, { id: 'a b\u00a0c' })).resolves.toMatchObject({ duplicate: false })
    await expect(jobs.cast({ type: 'send' }, { id: 'a b\u00a0c' })).resolves.toMatchObject({ duplicate: true })
  })

  it.each([' x', 'x ', '\ty', 'z\u00a0', 'v\ufeff', '\u2028u', '\ud800', 'a\udc00b', 'a\nb', '', 'x'.repeat(257)])(
    'is refused if NATS cannot tell it from another one: %j',
    async (id) => {
      const jobs = await open()
      await expect(jobs.cast({ type: 'send' }, { id })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_OPTIONS',
        message: expect.stringMatching(/id.*256 characters in one line, without white space around it/) as string,
      })
      expect((await jobs.inspect()).waiting).toBe(0)
    },
  )

  it('and its key come as they were given', async () => {
    const jobs = await open()
    await consume(jobs)
    const given = [
      { id: 'a b', key: ' x' },
      { id: 'ä\u00a0\u{1f600}', key: '\ud800' },
      { id: '\u{1f600}'.repeat(256), key: 'x\r\n\0' },
    ]
    for (const each of given) await jobs.cast({ type: 'send', to: 'ann' }, each)
    await until(() => deliveries.length === 3, 'all came')
    expect(deliveries.map(({ id, key }) => ({ id, key })).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      given.sort((a, b) => (a.id < b.id ? -1 : 1)),
    )
  })
})
