import { virtualClock } from '@genpool/runtime/testing'
import { explainConsumer, explainQueue } from '../../src/durable/explain-consumer'
import { ConsumerCounts, type ConsumerInspection, type QueueInspection } from '../../src/durable/figures'
import { DurableFailures } from '../../src/durable/failures'
import { Growth } from '../../src/durable/growth'
import { QueueWatch } from '../../src/durable/queue-watch'

const quiet: QueueInspection = {
  queue: 'q',
  waiting: 0,
  longestLane: 0,
  growsPerSecond: 0,
  inHand: 0,
  repeated: 0,
  delayed: 0,
  overdue: 0,
  overdueMs: 0,
  dead: 0,
  oldestMs: 0,
  leftovers: 0,
  foreign: 0,
  foreignSubjects: [],
  asking: 0,
  undelivered: 0,
  trouble: null,
}

function watched(next: () => Partial<QueueInspection>) {
  const clock = virtualClock()
  let asked = 0
  const ask = (): Promise<QueueInspection> => {
    asked++
    return Promise.resolve({ ...quiet, ...next() })
  }
  return { clock, watch: new QueueWatch({ clock, ask, failed: () => undefined }), asked: () => asked }
}

const consumer = (
  server: ConsumerInspection['server'],
  more: Partial<ConsumerInspection> = {},
): ConsumerInspection => ({
  ...new ConsumerCounts(),
  queue: 'q',
  id: 'me',
  closed: null,
  connected: true,
  stopping: false,
  inHand: 3,
  cleared: 0,
  atMost: 4,
  members: 4,
  asked: 0,
  oldestMs: 0,
  mostStops: 0,
  alone: null,
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
      longestLane: 0,
      delayed: 0,
      overdue: 0,
      overdueMs: 0,
      unacknowledged: 2,
      redelivered: 1,
      dead: 0,
      oldestMs: 800,
      growsPerSecond: 0,
      foreign: 0,
      foreignSubjects: [],
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
    const clock = virtualClock()
    const growth = new Growth()
    let waiting = 1000
    let grows = growth.add(waiting, clock.now())
    expect(grows).toBe(0)
    for (let i = 0; i < 300; i++) {
      await clock.advance(500)
      grows = growth.add((waiting += 5), clock.now())
    }
    expect(grows).toBe(10)
    await clock.advance(5000)
    expect(growth.add(waiting - 5000, clock.now())).toBeLessThan(0)
  })

  it('is asked for again after the server did not answer', async () => {
    const clock = virtualClock()
    let asked = 0
    const ask = () => Promise.reject(new Error(`no ${++asked}`))
    const watch = new QueueWatch({ clock, ask, failed: () => undefined })
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
    longestLane: 0,
    delayed: 0,
    overdue: 0,
    overdueMs: 0,
    unacknowledged: 4,
    redelivered: 0,
    dead: 0,
    oldestMs: 60_000,
    growsPerSecond: 20,
    foreign: 0,
    foreignSubjects: [],
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

  it('is not calm if casts wait, are asked for, and none comes', () => {
    const seen = { ...server, waiting: 3, growsPerSecond: 0, unacknowledged: 0 }
    const withheld = explainConsumer(consumer(seen, { asked: 4, inHand: 0 }))
    expect(withheld.findings).toMatchObject([{ finding: 'unreachable', figures: { waiting: 3, asking: 4 } }])
    expect(withheld.text).toContain(
      'the oldest one for 60 s, and though consumers ask for them the server delivers none',
    )
    expect(explainConsumer(consumer({ ...seen, unacknowledged: 1 }, { asked: 4, inHand: 0 })).calm).toBe(true)
    expect(explainConsumer(consumer({ ...seen, oldestMs: 100 }, { asked: 4, inHand: 0 })).calm).toBe(true)
    const asOthersSee = { ...quiet, waiting: 3, asking: 2, oldestMs: 60_000 }
    expect(explainQueue(asOthersSee).findings).toMatchObject([{ finding: 'unreachable', figures: { waiting: 3 } }])
    expect(explainQueue({ ...asOthersSee, inHand: 1 }).calm).toBe(true)
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

  it('names one lane of keys, and that more members do not help', () => {
    const { findings } = explainConsumer(consumer({ ...server, longestLane: 4990 }, { inHand: 1 }))
    expect(findings[0]).toMatchObject({ finding: 'growing-queue', option: 'lanes' })
    expect(findings[0]!.says).toContain('most casts are in one lane of keys, where one runs at a time')
    expect(findings[0]!.advice).toContain('more members do not help')
  })

  it('does not advise more members beside that, if all are busy', () => {
    const { findings } = explainConsumer(consumer({ ...server, longestLane: 4990 }, { inHand: 4 }))
    expect(findings).toMatchObject([{ finding: 'growing-queue', option: 'lanes' }])
  })

  it('names the limit that holds casts back, and not members or keys', () => {
    const held = {
      finding: 'limits',
      says: 'limits',
      figures: { held: 3 },
      advice: 'Raise it.',
      option: 'limits',
    } as const
    const limited = explainConsumer(consumer(server, { inHand: 4 }), [held])
    expect(limited.findings).toMatchObject([
      { finding: 'growing-queue', option: 'limits', advice: 'Raise it. More members do not help.' },
      { finding: 'limits', option: 'limits' },
    ])
    const rated = explainConsumer(consumer(server, { inHand: 1, closed: 'rate' }))
    expect(rated.findings).toMatchObject([
      { finding: 'growing-queue', option: 'rate.limit' },
      { finding: 'rate', option: 'rate.limit' },
    ])
    const paused = explainConsumer(consumer(server, { inHand: 0, atMost: 4, closed: 'breaker' }))
    expect(paused.text).not.toMatch(/Add members|lanes/)
  })

  it('names "atMost" if that leaves members idle', () => {
    const { findings } = explainConsumer(consumer(server, { inHand: 1, atMost: 1, members: 8 }))
    expect(findings).toMatchObject([
      { finding: 'growing-queue', option: 'atMost', advice: 'Raise "atMost": it leaves 7 members idle here.' },
      { finding: 'members-busy', option: 'atMost', figures: { inHand: 1, atMost: 1, members: 8 } },
    ])
  })
})

describe('explain of a queue', () => {
  const seen = { ...quiet, waiting: 846, inHand: 1, asking: 17, oldestMs: 14_000 }

  it('names one lane of keys, and how fast it grows', () => {
    const slow = explainQueue({ ...seen, longestLane: 846 })
    expect(slow).toMatchObject({ calm: false, findings: [{ finding: 'keys', option: 'lanes' }] })
    const { findings, text } = explainQueue({ ...seen, longestLane: 840, growsPerSecond: 60 })
    expect(findings).toMatchObject([{ finding: 'growing-queue', option: 'lanes' }])
    expect(text).toMatch(/^Queue "q":\n846 casts wait, and 60 more each second: 840 of them in one lane of keys/)
  })

  it('says that it grows, and that consumers may be full for their "atMost"', () => {
    expect(explainQueue({ ...seen, growsPerSecond: 60 }).findings).toMatchObject([{ finding: 'growing-queue' }])
    const busy = explainQueue({ ...seen, asking: 0 })
    expect(busy.findings).toMatchObject([{ finding: 'members-busy' }])
    expect(busy.text).toContain('raise "atMost" where it leaves members idle')
  })
})

describe('what is told of a queue in trouble', () => {
  const timeout = Object.assign(new Error('timeout'), { name: 'TimeoutError' })

  it('says that JetStream did not answer, and what is likely, instead of "timeout"', () => {
    const trouble = new DurableFailures('q', undefined).troubleOf(timeout)
    expect(trouble).toMatch(
      /^JetStream did not answer in time\. Most likely a server has just ended, .* it is asked again/,
    )
    const { text } = explainConsumer(consumer(null, { trouble }))
    expect(text).toContain('JetStream is in trouble: JetStream did not answer in time')
  })

  it('says of casts that wait again what may be the cause, types that nobody knows included', () => {
    const { text } = explainQueue({ ...quiet, repeated: 2, inHand: 2, asking: 1 })
    expect(text).toMatch(
      /an attempt failed, its process ended, or no handler knew their type[^]*unknownTypes[^]*\$JS\.ACK\.>/,
    )
  })
})
