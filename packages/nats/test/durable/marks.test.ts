import { virtualClock } from '@genpool/runtime/testing'
import { JetStreamApiError } from '@nats-io/jetstream'
import { Marks } from '../../src/durable/marks'
import { QueueNames } from '../../src/durable/names'

/** A stream with one entry, as its server has it; `starts` gives the server a new id. */
function server() {
  let entry: { seq: number; data: Uint8Array; timestamp: string } | null = null
  let seq = 0
  const info = { server_id: 'A' }
  const clock = virtualClock()
  const made = {
    writes: 0,
    last: 1_000_000,
    lastAt: '2026-01-01T00:00:00Z',
    clock,
    starts: (id: string) => (info.server_id = id),
  }
  const notes = {
    store: async ({ frame, expected }: { frame: Uint8Array; expected: number }) => {
      await Promise.resolve()
      if (expected !== (entry?.seq ?? 0))
        throw new JetStreamApiError({ code: 400, err_code: 10071, description: 'wrong' })
      made.writes++
      entry = { seq: ++seq, data: frame.slice(), timestamp: '2026-01-01T00:00:00Z' }
      return { seq, duplicate: false }
    },
  }
  const jsm = {
    streams: {
      getMessage: async () => Promise.resolve(entry),
      info: async () => Promise.resolve({ state: { last_seq: made.last, last_ts: made.lastAt } }),
    },
  }
  const consumer = async (): Promise<Marks> => {
    const ports = { jsm, notes, names: new QueueNames({ prefix: 'genpool', name: 'q', lanes: 2 }), clock }
    const marks = new Marks({ info } as never, ports as never)
    await marks.look()
    return marks
  }
  return { ...made, made, consumer }
}

describe('what is known of a killed server', () => {
  it('is that casts may have begun up to the mark, and no others', async () => {
    const { consumer, starts } = server()
    const first = await consumer()
    await first.cover(0, 10)
    expect(first.isDoubtful(0, 10)).toBe(false)
    starts('B')
    const second = await consumer()
    expect([1, 10, 100_000].map((seq) => second.isDoubtful(0, seq))).toEqual([true, true, false])
    expect(second.isDoubtful(1, 1)).toBe(false)
  })

  it('leaves casts alone that came after its start', async () => {
    const { consumer, starts, made } = server()
    await (await consumer()).cover(0, 10)
    made.last = 10
    starts('B')
    const second = await consumer()
    expect([10, 11].map((seq) => second.isDoubtful(0, seq))).toEqual([true, false])
  })

  it('costs one write for many casts, of several consumers, too', async () => {
    const { consumer, made } = server()
    const [a, b] = [await consumer(), await consumer()]
    for (let seq = 1; seq <= 1000; seq++) await (seq % 2 === 0 ? a : b).cover(seq % 3, seq)
    expect(made.writes).toBeLessThan(80)
    await made.clock.advance(25 * 3_600_000)
    const before = made.writes
    await Promise.all([a.refresh(), b.refresh()])
    expect(made.writes - before).toBe(1)
  })

  it('is not more for casts that come while the first marks are written: few of those that wait become doubtful', async () => {
    const { consumer, starts } = server()
    const marks = await consumer()
    for (let seq = 1; seq <= 20; seq++) await marks.cover(0, seq)
    starts('B')
    const next = await consumer()
    expect([20, 200].map((seq) => next.isDoubtful(0, seq))).toEqual([true, false])
  })

  it('waits for a write only at the mark', async () => {
    const { consumer } = server()
    const marks = await consumer()
    await marks.cover(0, 1)
    expect(marks.cover(0, 2)).toBeNull()
    expect(marks.cover(0, 60)).toBeNull()
    expect(marks.cover(0, 100_000)).toBeInstanceOf(Promise)
  })
})

describe('a server that refuses what nobody else has written', () => {
  it('is not asked for ever', async () => {
    const wrong = new JetStreamApiError({ code: 400, err_code: 10071, description: 'wrong last sequence' })
    const streams = {
      getMessage: async () => null,
      info: async () => ({ state: { last_seq: 5, last_ts: '2026-01-01T00:00:00Z' } }),
    }
    const names = new QueueNames({ prefix: 'genpool', name: 'q', lanes: 2, domain: undefined })
    const ports = { jsm: { streams }, notes: { store: () => Promise.reject(wrong) }, names, clock: virtualClock() }
    const marks = new Marks({ info: { server_id: 'A' } } as never, ports as never)
    await expect(marks.look()).rejects.toThrow('what nobody writes')
  })
})
