import { durable } from '@genpool/nats'
import { virtualClock } from '@genpool/runtime/testing'
import { JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Copies, movedId, originIn, sentAgainId } from '../../src/durable/copies'
import { QueueNames } from '../../src/durable/names'
import { Publisher } from '../../src/durable/publisher'
import { endJetStream, startJetStream } from '../support/jetstream'
import { connectTo } from '../support/server'

const MINUTE = 60_000
const names = new QueueNames({ prefix: 'genpool', name: 'q', lanes: 1, domain: undefined })
const clock = virtualClock()
const origin = (seq: number, storedAt = '1700000000000.25', isLetter = false) => ({ seq, storedAt, isLetter })

let connection: NatsConnection
let jsm: JetStreamManager
beforeEach(async () => {
  connection = await connectTo(await startJetStream())
  jsm = await jetstreamManager(connection as never)
  await durable(connection, { name: 'q', lanes: 1 })
})
afterEach(endJetStream)

const stored = async (): Promise<number> => {
  const { state } = await jsm.streams.info(names.tries, { subjects_filter: names.allMoved })
  return Object.keys(state.subjects ?? {}).length
}
const copiesOf = (notes: Pick<Publisher, 'store'> = new Publisher(connection, clock, () => 60_000), of = connection) =>
  new Copies(of, { jsm, notes, names, clock })

describe('of the copies of a delayed cast', () => {
  it('one may run, whoever asks, and how often', async () => {
    const [here, there] = [copiesOf(), copiesOf()]
    const asked = await Promise.all([here.mayRun(origin(5), 7), there.mayRun(origin(5), 9), here.mayRun(origin(6), 8)])
    expect([asked[0], asked[1]].filter(Boolean)).toHaveLength(1)
    expect(asked[2]).toBe(true)
    expect(await Promise.all([there.mayRun(origin(5), 7), here.mayRun(origin(5), 9)])).toEqual([asked[0], asked[1]])
  })

  it('those of another cast that had the same place, before its stream was made anew, say nothing', async () => {
    expect(await copiesOf().mayRun(origin(5, '1'), 7)).toBe(true)
    expect(await copiesOf().mayRun(origin(5, '2'), 3)).toBe(true)
    expect(await copiesOf().mayRun(origin(5, '2'), 7)).toBe(false)
  })

  it('all may run while there is no room to write down which one', async () => {
    const full = new JetStreamApiError({ code: 503, err_code: 10077, description: 'maximum messages exceeded' })
    expect(await copiesOf({ store: () => Promise.reject(full) }).mayRun(origin(5), 7)).toBe(true)
    const gone = copiesOf({ store: () => Promise.reject(new Error('gone')) })
    await expect(gone.mayRun(origin(5), 7)).rejects.toThrow('gone')
  })

  it('while there is no room, what is written down counts, and otherwise what is known here', async () => {
    await copiesOf().mayRun(origin(5), 7)
    const full = new JetStreamApiError({ code: 503, err_code: 10077, description: 'maximum messages exceeded' })
    let isFull = true
    const publisher = new Publisher(connection, clock, () => 60_000)
    const copies = copiesOf({ store: (what) => (isFull ? Promise.reject(full) : publisher.store(what)) })
    expect(await copies.mayRun(origin(5), 9)).toBe(false)
    expect(await copies.mayRun(origin(5), 7)).toBe(true)
    for (const copy of [8, 10, 8]) expect(await copies.mayRun(origin(6), copy)).toBe(copy === 8)
    // Another one, in a stream that was made anew.
    expect(await copies.mayRun(origin(6, '1'), 3)).toBe(true)
    expect(await copies.mayRun(origin(7), 4)).toBe(true)
    isFull = false
    expect(await copies.mayRun(origin(7), 11)).toBe(false)
    expect(await copiesOf().mayRun(origin(7), 11)).toBe(false)
    expect(await copies.mayRun(origin(7), 4)).toBe(true)
  })

  it('a delayed cast and a dead letter that have the same place are not taken for each other', async () => {
    const copies = copiesOf()
    expect(await copies.mayRun(origin(5, '1'), 7)).toBe(true)
    expect(await copies.mayRun(origin(5, '1', true), 8)).toBe(true)
    expect(await copies.mayRun(origin(5, '1', true), 7)).toBe(false)
  })

  it('what is written down is forgotten when a server was there for ten minutes, and all of that time is done', async () => {
    const copies = copiesOf()
    await copies.mayRun(origin(5), 7)
    await copies.tidy()
    const { seq } = await new Publisher(connection, clock, () => 60_000).store({
      subject: names.subjectOf(undefined),
      frame: Buffer.from('waits'),
      messageId: 'a',
    })
    await clock.advance(9 * MINUTE)
    await copies.tidy()
    await copies.mayRun(origin(6), 8)
    await clock.advance(2 * MINUTE)
    await copies.tidy()
    await clock.advance(2 * MINUTE)
    await copies.tidy()
    expect(await stored()).toBe(2)
    await jsm.streams.deleteMessage(names.jobs, seq)
    await clock.advance(2 * MINUTE)
    await copies.tidy()
    // What was written later may be needed.
    expect(await stored()).toBe(1)
    expect(await copies.mayRun(origin(6), 9)).toBe(false)
  })

  it('nothing is forgotten while casts are counted that the server does not list, as 2.9 may after a kill', async () => {
    let count = 1
    let purged = 0
    const state = () => ({ last_seq: 9, subjects: { [names.subjectOf(undefined)]: count } })
    const streams = {
      info: async () => ({ state: state() }),
      getMessage: async () => null,
      purge: async () => void purged++,
    }
    const made = { jsm: { streams } as never, notes: { store: () => Promise.reject(new Error('none')) }, names, clock }
    const copies = new Copies({ info: { server_id: 'A' } } as never, made)
    for (let n = 0; n < 3; n++) await copies.tidy().then(() => clock.advance(11 * MINUTE))
    expect(purged).toBe(0)
    count = 0
    await copies.tidy()
    expect(purged).toBe(1)
  })

  it('nobody asks for ever if the server refuses what nobody else has written', async () => {
    const wrong = new JetStreamApiError({ code: 400, err_code: 10071, description: 'wrong last sequence' })
    await expect(copiesOf({ store: () => Promise.reject(wrong) }).mayRun(origin(5), 7)).rejects.toBe(wrong)
  })

  it('nothing is forgotten that is younger than the last start of a server', async () => {
    const info = { server_id: 'first' }
    const copies = copiesOf(undefined, { info } as never)
    await copies.mayRun(origin(5), 7)
    await copies.tidy()
    await clock.advance(9 * MINUTE)
    info.server_id = 'second'
    await copies.tidy()
    await clock.advance(9 * MINUTE)
    await copies.tidy()
    expect(await stored()).toBe(1)
    await clock.advance(2 * MINUTE)
    await copies.tidy()
    expect(await stored()).toBe(0)
  })
})

describe('the id of what was moved', () => {
  it('says what it was', () => {
    expect(originIn(movedId({ seq: 5, storedAt: 1700000000000.25 }))).toEqual(origin(5))
    expect(originIn(sentAgainId({ seq: 5, time: new Date(17) }))).toEqual(origin(5, '17', true))
  })

  it.each([undefined, '', 'order-1', 'later.5', 'later.x.1', 'later.5.1 ', 'later.5.>', 'retry.5', 'other.5.1'])(
    'says nothing if it is %j',
    (id) => {
      expect(originIn(id)).toBeNull()
    },
  )
})
