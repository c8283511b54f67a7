import { OptionsError, StoppedError } from '@genpool/runtime'
import { spawn, stop } from 'nact'
import {
  type AlarmEvent,
  ask,
  askR,
  asyncAsk,
  better,
  betterOf,
  type BrokerRef,
  cancel,
  changeConfig,
  dynamicAsk,
  dynamicAskR,
  length,
  lengthR,
  nbAsk,
  random,
} from '../../src'
import { MS, system, clock, broker } from './parties'

describe('a broker as an actor', () => {
  describe('from code', () => {
    it('tells both parties of a match about the other, its value, and how long each waited', async () => {
      const both = broker()
      const client = ask(both, 'question', { as: system as never })
      expect([length(both), lengthR(both)]).toEqual([1, 0])
      await clock.advance(30)
      const member = await askR(both, 'offer')
      expect(member).toMatchObject({ value: 'question', relativeTime: -30 * MS, sojournTime: 0 })
      expect(await client).toMatchObject({
        value: 'offer',
        ref: undefined,
        relativeTime: 30 * MS,
        sojournTime: 30 * MS,
      })
      expect(length(both)).toBe(0)
    })

    it('drops with a typed error: the reason, how long it waited and how many still wait', async () => {
      const full = broker({ client: { type: 'timeout', timeout: 50, max: 1 } }, 'shop')
      const first = ask(full, 'a')
      await expect(ask(full, 'b')).rejects.toMatchObject({ code: 'ERR_GENPOOL_DROPPED', target: 'shop', reason: 'max' })
      const dropped = expect(first).rejects.toMatchObject({ reason: 'timeout', waitedMs: 50, queueLength: 0 })
      await clock.advance(60)
      await dropped
      expect(clock.timers).toBe(0)
    })

    it('cancels its timers when nothing waits, so that the process can end', async () => {
      const timed = broker({ client: { type: 'timeout', timeout: 5000 } })
      const request = ask(timed, 'a', { timeout: 60_000 })
      await clock.settle()
      expect(clock.timers).toBeGreaterThan(0)
      await askR(timed, 'offer')
      await request
      await clock.settle()
      expect(clock.timers).toBe(0)
    })

    it('does not wait with nbAsk and nbAskR', async () => {
      const empty = broker()
      await expect(nbAsk(empty, 'a')).rejects.toMatchObject({ reason: 'busy' })
      const member = askR(empty, 'offer')
      await expect(nbAsk(empty, 'a')).resolves.toMatchObject({ value: 'offer' })
      await member
    })

    it('cancels by timeout, by signal and by ticket, and frees the place at once', async () => {
      const one = broker({ client: { type: 'drop', max: 3 } })
      const expired = expect(ask(one, 'a', { timeout: 20 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
      const controller = new AbortController()
      const aborted = expect(ask(one, 'b', { signal: controller.signal })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_CANCELLED',
        started: false,
      })
      const ticket = asyncAsk(one, 'c')
      expect(length(one)).toBe(3)
      controller.abort()
      expect(length(one)).toBe(2)
      expect([ticket.cancel(), ticket.cancel()]).toEqual([true, false])
      expect(length(one)).toBe(1)
      await clock.advance(25)
      expect(length(one)).toBe(0)
      await Promise.all([expired, aborted])
      await expect(ask(one, 'd', { signal: controller.signal })).rejects.toMatchObject({
        code: 'ERR_GENPOOL_CANCELLED',
      })
      expect(clock.timers).toBe(0)
    })

    it('returns at once whether a dynamic request was matched, dropped or waits', async () => {
      const dynamic = broker({ client: { type: 'drop', max: 1 } })
      const waiting = dynamicAsk(dynamic, 'a')
      expect(waiting.type).toBe('await')
      expect(dynamicAsk(dynamic, 'b')).toMatchObject({ type: 'drop', error: { reason: 'max' } })
      expect(dynamicAskR(dynamic, 'offer')).toMatchObject({ type: 'go', value: 'a' })
      if (waiting.type === 'await') expect(await waiting.match).toMatchObject({ value: 'offer' })
    })

    it('cancels all requests with a tag, without telling them', () => {
      const tagged = broker()
      for (const tag of ['x', 'x', 'y']) asyncAsk(tagged, 'a', { tag })
      expect(cancel(tagged, 'x')).toBe(2)
      expect([length(tagged), cancel(tagged, 'z')]).toEqual([1, 0])
    })

    it('expires no cancelled request, and does not keep the process alive for it', async () => {
      const tagged = broker()
      let failed = 0
      for (const tag of ['x', 'y']) asyncAsk(tagged, 'a', { tag, timeout: 50 }).match.catch(() => failed++)
      cancel(tagged, 'x')
      await clock.settle()
      await clock.advance(60)
      expect([failed, length(tagged), clock.timers]).toEqual([1, 0, 0])
    })

    it.each<[string, () => unknown]>([
      ['a number', () => 1],
      ['a list, which is compared by content', () => ['acme', 1]],
    ])('serves requests of a key one at a time: the next starts when the one before is done: %s', async (_, key) => {
      const keyed = broker()
      const requests = ['a', 'b'].map((value) => asyncAsk(keyed, value, { key: key() }))
      const first = await askR(keyed, 'm1')
      const second = askR(keyed, 'm2')
      expect([length(keyed), lengthR(keyed)]).toEqual([1, 1])
      first.done()
      first.done()
      expect(await second).toMatchObject({ value: 'b' })
      expect(await requests[1]!.match).toMatchObject({ value: 'm2' })
    })

    it('refuses a key that cannot be compared by content', () => {
      expect(() => asyncAsk(broker(), 'a', { key: new URLSearchParams() })).toThrow(
        /an instance of URLSearchParams has no content/,
      )
    })

    it('refuses wrong options and references, and continues to serve', async () => {
      expect(() => broker({ client: { type: 'codel', min: 3, max: 2 } })).toThrow(/min/)
      expect(() => broker({ queue: {} })).toThrow(/unknown key "queue"/)
      const fine = broker()
      expect(() => ask(fine, 'a', { timeout: -1 })).toThrow(OptionsError)
      expect(() => ask(system as never, 'a')).toThrow(OptionsError)
      const member = askR(fine, 'm')
      expect(await ask(fine, 'a')).toMatchObject({ value: 'm' })
      await member
    })

    it('changes its options while requests wait, and says what changed', async () => {
      const live = broker({ client: { type: 'drop', max: 10 } })
      const tickets = ['a', 'b', 'c'].map((value) => asyncAsk(live, value))
      expect(() => changeConfig(live, { client: { type: 'drop', max: -1 } })).toThrow(OptionsError)
      expect(length(live)).toBe(3)
      const changes = changeConfig(live, { client: { type: 'codel', max: 2 } })
      expect(changes).toContainEqual({ path: 'client.type', from: 'drop', to: 'codel' })
      expect(changes).toContainEqual({ path: 'client.max', from: 10, to: 2 })
      await expect(tickets[2]!.match).rejects.toMatchObject({ reason: 'max' })
      expect(await askR(live, 'm')).toMatchObject({ value: 'a' })
      expect(changeConfig(live, { client: { type: 'codel', max: 2 } })).toEqual([])
    })

    it('refuses other options when it has stopped', () => {
      const gone = broker()
      stop(gone)
      expect(() => changeConfig(gone, { client: { type: 'drop' } })).toThrow(StoppedError)
    })
  })

  it('stops its children first, and tells all waiting parties', async () => {
    const parent = broker()
    let stopped = 0
    spawn(parent as never, (state: number) => state, 'child', { afterStop: () => void stopped++ })
    const client = expect(ask(parent, 'a', { timeout: 1000 })).rejects.toBeInstanceOf(StoppedError)
    stop(parent)
    await client
    await clock.settle()
    expect([stopped, clock.timers]).toEqual([1, 0])
    await expect(ask(parent, 'b')).rejects.toBeInstanceOf(StoppedError)
  })

  it('sets the overload alarm while the event loop is blocked, and clears it afterwards', async () => {
    const events: AlarmEvent[] = []
    const meters = [{ type: 'overload', target: 100, interval: 500 }]
    const watched = broker({ meters, onAlarm: (event: AlarmEvent) => void events.push(event) })
    const match = async (): Promise<void> => {
      asyncAsk(watched, 'a')
      await askR(watched, 'm')
    }
    await match()
    for (let i = 0; i < 8; i++) {
      const turn = match()
      clock.block(150)
      await turn
      await match()
      await clock.settle()
    }
    expect(events).toEqual([{ alarm: 'overload', kind: 'set' }])
    await clock.advance(5000)
    expect(events).toEqual([
      { alarm: 'overload', kind: 'set' },
      { alarm: 'overload', kind: 'clear' },
    ])
    expect(clock.timers).toBe(0)
  })

  describe('tells onAlarm of an alarm', () => {
    const meters = [{ type: 'overload', target: 100, interval: 300 }]
    const match = async (watched: BrokerRef<string, string>): Promise<void> => {
      asyncAsk(watched, 'a')
      await askR(watched, 'm')
    }
    const block = async (watched: BrokerRef<string, string>): Promise<void> => {
      for (let i = 0; i < 8; i++) {
        const turn = match(watched)
        clock.block(150)
        await turn
        await match(watched)
        await clock.settle()
      }
    }

    it('after the match that it comes from, and it may use the broker', async () => {
      const log: string[] = []
      let changes = 0
      const watched = broker({
        meters,
        onAlarm: ({ alarm, kind }: AlarmEvent) => {
          log.push(`${alarm} ${kind}`)
          void match(watched)
          if (changes++ < 3000)
            changeConfig(watched, { meters: [{ ...meters[0], alarm: `alarm ${changes}` }] } as never)
          log.push('done')
        },
      })
      await block(watched)
      await clock.settle()
      expect(log.slice(0, 6)).toEqual(['overload set', 'done', 'overload clear', 'done', 'alarm 1 clear', 'done'])
      expect(log.length).toBeGreaterThan(6000)
      expect(log.every((entry, i) => (entry === 'done') === (i % 2 === 1))).toBe(true)
      expect(length(watched)).toBe(0)
    })

    it.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new Error('bad')
        },
      ],
      ['rejects', () => Promise.reject(new Error('bad'))],
    ])('and neither a match nor the process suffers if it %s', async (_name, onAlarm) => {
      const warned: unknown[] = []
      const emit = jest.spyOn(process, 'emitWarning').mockImplementation((...args) => void warned.push(args))
      await block(broker({ meters, onAlarm }, 'desk'))
      emit.mockRestore()
      expect(warned).toEqual([
        [
          'A callback of broker "desk" threw; the broker continues.',
          expect.objectContaining({ code: 'GENPOOL_CALLBACK', detail: expect.stringContaining('bad') }),
        ],
      ])
    })

    it('that was set before it was stopped', async () => {
      const events: AlarmEvent[] = []
      const watched = broker({ meters, onAlarm: (event: AlarmEvent) => void events.push(event) })
      await block(watched)
      changeConfig(watched, { meters: [{ ...meters[0], alarm: 'other' }] } as never)
      stop(watched)
      expect(events).toEqual([{ alarm: 'overload', kind: 'set' }])
      await clock.settle()
      expect(events.slice(1)).toEqual([
        { alarm: 'overload', kind: 'clear' },
        { alarm: 'other', kind: 'clear' },
      ])
    })
  })

  it('is chosen by better while it has the shorter wait of two', async () => {
    const [busy, calm] = [broker({}, 'busy'), broker({}, 'calm')]
    asyncAsk(busy, 'a')
    await clock.advance(100)
    for (let i = 0; i < 20; i++) expect(better(busy, calm)).toBe(calm)
    expect(betterOf([busy, calm], { side: 'askR', random: () => 0 })).toBeDefined()
    expect(better(busy)).toBe(busy)
    expect([busy, calm]).toContain(random(busy, calm))
    expect(() => better()).toThrow(OptionsError)
  })
})
