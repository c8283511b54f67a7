import { virtualClock } from '@genpool/runtime/testing'
import { explainConsumer } from '../../src/durable/explain-consumer'
import { ConsumerCounts, type ConsumerInspection, type QueueInspection } from '../../src/durable/figures'
import { QueueWatch } from '../../src/durable/queue-watch'

const quiet = {
  queue: 'q',
  waiting: 0,
  inHand: 0,
  repeated: 0,
  delayed: 0,
  dead: 0,
  oldestMs: 0,
  asking: 0,
  trouble: null,
}

function watched(next: () => Partial<QueueInspection>) {
  const clock = virtualClock()
  let asked = 0
  const ask = (): Promise<QueueInspection> => {
    asked++
    return Promise.resolve({ ...quiet, ...next() })
  }
  return { clock, watch: new QueueWatch({ clock, ask }), asked: () => asked }
}

const consumer = (
  server: ConsumerInspection['server'],
  more: Partial<ConsumerInspection> = {},
): ConsumerInspection => ({
  ...new ConsumerCounts(),
  queue: 'q',
  id: 'me',
  connected: true,
  stopping: false,
  inHand: 3,
  atMost: 4,
  asked: 0,
  oldestMs: 0,
  lastFailure: null,
  unknownTypes: {},
  trouble: null,
  server,
  ...more,
})

describe('what a consumer knows of its queue', () => {
  it('is nothing at first, then what the server said last and how long ago', async () => {
    const { clock, watch } = watched(() => ({ waiting: 7, inHand: 2, repeated: 1, oldestMs: 500 }))
    expect(watch.figures).toBeNull()
    await clock.advance(300)
    expect(watch.figures).toEqual({
      waiting: 7,
      delayed: 0,
      unacknowledged: 2,
      redelivered: 1,
      dead: 0,
      oldestMs: 800,
      growsPerSecond: 0,
      agoMs: 300,
    })
  })

  it('is asked for at most once a second by those who look, and every five seconds otherwise', async () => {
    const { clock, watch, asked } = watched(() => ({}))
    for (let i = 0; i < 100; i++) {
      watch.look()
      await clock.advance(100)
    }
    expect(asked()).toBe(2)
    for (let i = 0; i < 100; i++) {
      expect(watch.figures).not.toBeNull()
      await clock.advance(100)
    }
    expect(asked()).toBe(12)
    watch.end()
    await clock.advance(10_000)
    watch.look()
    expect(asked()).toBe(12)
  })

  it('has how fast it grows, over the last minute', async () => {
    let waiting = 1000
    const { clock, watch } = watched(() => ({ waiting: (waiting += 50) }))
    for (let i = 0; i < 30; i++) {
      watch.look()
      await clock.advance(5000)
    }
    expect(watch.figures).toMatchObject({ growsPerSecond: 10 })
    waiting -= 5000
    await clock.advance(5000)
    watch.look()
    await clock.advance(1)
    expect(watch.figures!.growsPerSecond).toBeLessThan(0)
  })

  it('is asked for again after the server did not answer', async () => {
    const clock = virtualClock()
    let asked = 0
    const watch = new QueueWatch({ clock, ask: () => Promise.reject(new Error(`no ${++asked}`)) })
    watch.look()
    await clock.advance(5000)
    watch.look()
    expect(asked).toBe(2)
    expect(watch.figures).toBeNull()
  })
})

describe('explain of a consumer', () => {
  const server = {
    waiting: 5000,
    delayed: 0,
    unacknowledged: 4,
    redelivered: 0,
    dead: 0,
    oldestMs: 60_000,
    growsPerSecond: 20,
    agoMs: 0,
  }

  it('names a queue that grows, how fast, and what to do', () => {
    const { findings } = explainConsumer(consumer(server, { inHand: 4 }))
    expect(findings[0]).toMatchObject({
      finding: 'growing-queue',
      figures: { waiting: 5000, growsPerSecond: 20, oldestMs: 60_000 },
      option: 'size',
    })
    expect(findings[0]!.advice).toContain('Add members ("size") or consumers on other machines')
  })

  it('says that keys hold casts back if members are idle', () => {
    const { findings } = explainConsumer(consumer(server, { inHand: 1 }))
    expect(findings[0]).toMatchObject({ finding: 'growing-queue', option: 'lanes' })
  })

  it.each([
    ['shrinks', { ...server, growsPerSecond: -1 }],
    ['is short', { ...server, waiting: 90 }],
    ['is not known yet', null],
  ])('is calm about a queue that %s', (_, seen) => {
    expect(explainConsumer(consumer(seen)).calm).toBe(true)
  })
})
