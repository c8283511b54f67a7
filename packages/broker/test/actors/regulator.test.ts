import { OptionsError, StoppedError } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, type Ref, spawn, start, stop } from 'nact'
import {
  ask,
  askR,
  type RegulatorAnswer,
  regulatorMeter,
  type RegulatorRef,
  regulators,
  spawnBroker,
  spawnRegulator,
} from '../../src'

const MS = 1_000_000

describe('a regulator as an actor', () => {
  let system: ActorSystemRef
  let clock = virtualClock()
  const regulator = (options: object = {}, name?: string): RegulatorRef =>
    spawnRegulator(system, { clock, ...options }, name)
  const tell = dispatch as unknown as (to: Ref<never>, message: unknown, from: Ref<never>) => void
  const listener = (name: string): { ref: Ref<never>; told: RegulatorAnswer[] } => {
    const told: RegulatorAnswer[] = []
    const ref = spawn(system, (_state: undefined, message: RegulatorAnswer) => void told.push(message), name)
    return { ref: ref as Ref<never>, told }
  }
  const handleAll = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await clock.settle()
  }

  beforeEach(() => {
    system = start()
    clock = virtualClock(1000)
  })
  afterEach(() => stop(system))

  it('lets as many tasks run as its valve allows, and the next one when a place is free', async () => {
    const two = regulator({ valve: { type: 'open', max: 2 } })
    const [first] = await Promise.all([regulators.ask(two), regulators.ask(two)])
    const third = regulators.ask(two)
    expect([regulators.size(two), regulators.length(two)]).toEqual([2, 1])
    await clock.advance(20)
    first.done()
    first.done()
    expect(await third).toMatchObject({ sojournTime: 20 * MS, relativeTime: 20 * MS })
    expect([regulators.size(two), regulators.length(two)]).toEqual([2, 0])
  })

  it('refuses tasks that ask not to wait, that wait too long, or that find the queue full', async () => {
    const one = regulator({ valve: { type: 'open', max: 1 }, queue: { type: 'timeout', timeout: 50, max: 1 } })
    await regulators.ask(one)
    await expect(regulators.nbAsk(one)).rejects.toMatchObject({ reason: 'busy' })
    const waiting = expect(regulators.ask(one)).rejects.toMatchObject({ reason: 'timeout', waitedMs: 50 })
    await expect(regulators.ask(one)).rejects.toMatchObject({ reason: 'max' })
    await clock.advance(60)
    await waiting
    const late = expect(regulators.ask(one, { timeout: 10 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_EXPIRED' })
    await clock.advance(20)
    await late
    const ticket = regulators.asyncAsk(one, { tag: 't' })
    expect([ticket.cancel(), ticket.cancel(), regulators.length(one)]).toEqual([true, false, 0])
  })

  it('tells a running task whether it may continue', async () => {
    const valve = { type: 'relative', target: 10, min: 0, max: 5 }
    const shrinking = regulator({ valve })
    regulators.update(shrinking, 0)
    const permit = await regulators.ask(shrinking)
    regulators.update(shrinking, 5 * MS)
    expect(permit.continue()).toBe(true)
    regulators.update(shrinking, 50 * MS)
    expect(permit.continue()).toBe(false)
    expect(regulators.size(shrinking)).toBe(0)
  })

  it('wakes up by itself when a rate valve opens', async () => {
    const slow = regulator({ valve: { type: 'rate', limit: 1, interval: 100 } })
    const first = regulators.ask(slow)
    expect(regulators.length(slow)).toBe(1)
    await clock.advance(101)
    expect(await first).toMatchObject({ sojournTime: 100 * MS, relativeTime: 100 * MS })
  })

  it('understands messages, and answers them', async () => {
    const one = regulator({ valve: { type: 'open', max: 1 } })
    const task = listener('task')
    const messages = [
      { type: 'ask', tag: 1 },
      { type: 'dynamicAsk', tag: 2 },
      { type: 'size' },
      { type: 'length' },
      { type: 'continue', tag: 1 },
      { type: 'done', tag: 1 },
      { type: 'done', tag: 7 },
      { type: 'changeConfig', options: { valve: { type: 'open', max: 3 } } },
      { type: 'nonsense', tag: 8 },
    ]
    for (const message of messages) tell(one as never, message, task.ref)
    await handleAll()
    expect(task.told).toMatchObject([
      { type: 'go', tag: 1, sojournTime: 0 },
      { type: 'await', tag: 2 },
      { type: 'size', length: 1 },
      { type: 'length', length: 1 },
      { type: 'goOn', tag: 1 },
      { type: 'go', tag: 2 },
      { type: 'stop', tag: 1 },
      { type: 'unknown', tag: 7 },
      { type: 'changed', changes: [{ path: 'valve.max', from: 1, to: 3 }] },
      { type: 'failed', tag: 8, error: { code: 'ERR_GENPOOL_INVALID' } },
    ])
  })

  it('gives the place of a stopped actor to the next task', async () => {
    const one = regulator({ valve: { type: 'open', max: 1 } })
    const task = listener('task')
    tell(one as never, { type: 'ask' }, task.ref)
    await handleAll()
    stop(task.ref as never)
    await expect(regulators.nbAsk(one)).resolves.toMatchObject({ sojournTime: 0 })
  })

  it('passes over a task that waits, and whose actor has stopped', async () => {
    const one = regulator({ valve: { type: 'open', max: 1 } })
    const permit = await regulators.ask(one)
    const task = listener('task')
    tell(one as never, { type: 'ask' }, task.ref)
    await handleAll()
    const next = regulators.ask(one)
    stop(task.ref as never)
    await handleAll()
    permit.done()
    await next
    expect([regulators.size(one), regulators.length(one)]).toEqual([1, 0])
  })

  it('changes its options while tasks wait and run, and refuses wrong ones', async () => {
    const live = regulator({ valve: { type: 'open', max: 1 } })
    await regulators.ask(live)
    const waiting = regulators.ask(live)
    expect(() => regulators.changeConfig(live, { valve: { type: 'open', max: -1 } })).toThrow(OptionsError)
    expect(regulators.length(live)).toBe(1)
    expect(regulators.changeConfig(live, { valve: { type: 'open', max: 2 } })).toEqual([
      { path: 'valve.max', from: 1, to: 2 },
    ])
    await waiting
    expect(regulators.size(live)).toBe(2)
    stop(live)
    expect(() => regulators.changeConfig(live, { valve: { type: 'open' } })).toThrow(StoppedError)
  })

  it('starts members for a broker while requests wait for them', async () => {
    const staff = regulator({ valve: { type: 'relative', target: 0, min: 1, max: 4 } })
    const broker = spawnBroker<string, string>(system, { clock, meters: [regulatorMeter(staff)] })
    await regulators.ask(staff)
    const second = regulators.ask(staff)
    const request = ask(broker, 'work')
    expect(regulators.size(staff)).toBe(1)
    await clock.advance(10)
    await askR(broker, 'member')
    await request
    await second
    expect(regulators.size(staff)).toBe(2)
  })

  it('says when to try again, once it knows how fast those who wait are let in', async () => {
    const one = regulator({ valve: { type: 'open', max: 1 }, queue: { type: 'drop', max: 2 } })
    const told: unknown[] = []
    const run = (): void =>
      void regulators.ask(one).then(
        ({ done }) => void clock.setTimer(clock.now() + 100 * MS, done),
        ({ reason, retryAfterMs }: { reason: string; retryAfterMs: number }) => told.push([reason, retryAfterMs]),
      )
    for (let i = 0; i < 4; i++) run()
    await handleAll()
    expect(told).toEqual([['max', undefined]])
    await clock.advance(1000)
    for (let i = 0; i < 4; i++) run()
    await handleAll()
    expect(told.slice(1)).toEqual([['max', 200]])
    await expect(regulators.nbAsk(one)).rejects.toMatchObject({ reason: 'busy', retryAfterMs: 200 })
  })

  it('tells all waiting tasks when it stops', async () => {
    const one = regulator({ valve: { type: 'open', max: 0 } })
    const waiting = expect(regulators.ask(one)).rejects.toBeInstanceOf(StoppedError)
    stop(one)
    await waiting
    await expect(regulators.ask(one)).rejects.toBeInstanceOf(StoppedError)
  })
})
