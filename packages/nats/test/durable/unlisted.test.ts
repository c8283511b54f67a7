import { Leftovers, type LeftoverPorts } from '../../src/durable/leftovers'

/** A message that is there, by its place. */
type Lane = 'any' | 'key'

/**
 * A server with these messages that says of a subject that it has none, as nats-server 2.9 may after it was killed. Up to 5, all is
 * acknowledged. Resolves with the places that are left.
 */
const left = async (
  stored: Readonly<Record<number, Lane>>,
  unlisted: readonly Lane[],
  counts: Readonly<Record<string, number>>,
) => {
  const messages = new Map(Object.entries(stored).map(([seq, subject]) => [Number(seq), subject]))
  const isAsked = (subject: string, asked: string) =>
    asked === '>' || (subject === asked && !unlisted.includes(subject as Lane))
  const getMessage = async (_: string, { seq, next_by_subj: asked }: { seq: number; next_by_subj?: string }) => {
    const found = [...messages].find(([at, subject]) =>
      asked === undefined ? at === seq : at >= seq && isAsked(subject, asked),
    )
    return found === undefined ? null : { seq: found[0], subject: found[1], timestamp: '2026-01-01T00:00:00Z' }
  }
  const deleteMessage = async (_: string, seq: number) => messages.delete(seq)
  async function* list() {
    // Of one that has just gone.
    yield null
    for (const name of ['any', 'key']) yield { name, ack_floor: { stream_seq: 5 } }
  }
  const marks = {
    look: async () => undefined,
    mayHaveBegun: () => true,
    ageOf: () => 'old',
    doubt: async () => undefined,
    wasEdited: () => false,
  }
  const lanes = (['any', 'key'] as const).map((each) => ({ subject: each, consumer: each }))
  const names = { jobs: 's', tries: 'tries', later: 'later', lanes, all: [], triesOf: String }
  const jsm = { streams: { getMessage, deleteMessage }, consumers: { list } }
  const ports = { jsm, marks, names, options: { ackWait: 1 } } as unknown as LeftoverPorts
  await new Leftovers(ports).clear(counts, { isAlone: true, isBack: () => undefined })
  return [...messages.keys()]
}

describe('casts that are done and came back', () => {
  const stored = { 2: 'any', 3: 'key', 4: 'any', 7: 'any', 8: 'key' } as const
  const counts = { any: 3, key: 2 }

  it('are deleted, also if the server counts them and says that their subjects have none', async () => {
    expect(await left(stored, [], counts)).toEqual([7, 8])
    expect(await left(stored, ['any'], counts)).toEqual([7, 8])
    expect(await left(stored, ['any', 'key'], counts)).toEqual([7, 8])
  })

  it('are not looked for one by one if the server counts none', async () => {
    expect(await left(stored, ['any', 'key'], {})).toEqual([2, 3, 4, 7, 8])
  })
})
