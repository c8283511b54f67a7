import * as core from '@genpool/core'
import { call, type CallOptions, definePool, inspect, noReply, type PoolOptions, reply, spawnPool } from '@genpool/core'
import * as opentelemetry from '@genpool/core/opentelemetry'
import * as testing from '@genpool/core/testing'
import { spawnBroker } from '@genpool/broker'
import { findActor } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'
import { anyValues, faultsOf, type Subject, subjectsOf, type Values } from '../../runtime/test/any-arguments'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */

const Work = definePool({
  init: () => ({ count: 0 }),
  calls: { add: () => reply('added', (draft) => void draft.count++) },
  casts: { add: () => noReply((draft) => void draft.count++) },
})

let system: ActorSystemRef
let clock: VirtualClock
let stopped: unknown
beforeEach(() => {
  system = start()
  clock = virtualClock()
  stopped = spawned()
  stop(stopped as never)
})
afterEach(() => {
  stop(system)
})

const spawned = (options: PoolOptions = {}) => spawnPool(system, Work, undefined, { size: 1, clock, ...options })

/** What a user may mix up with a pool. */
const addresses = (): Values => ({
  pool: spawned(),
  'stopped pool': stopped,
  broker: spawnBroker(system),
  actor: nact.spawn(system, (state: unknown) => state),
  system,
  behaviour: Work,
})

const everything = { ...core, ...opentelemetry, ...testing }

/** Arguments that are right, so that each wrong one is seen beside them. */
const good: Record<string, () => readonly unknown[]> = {
  call: () => [spawned(), { type: 'add' }, {} satisfies CallOptions],
  cast: () => [spawned(), { type: 'add' }, {}],
  broadcast: () => [spawned(), 'message', {}],
  configure: () => [spawned(), { timeout: 10 }],
  previewChanges: () => [spawned(), { timeout: 10 }],
  resize: () => [spawned(), 2],
  drain: () => [spawned(), { within: 10 }],
  relearn: () => [spawned()],
  inspect: () => [spawned()],
  explain: () => [spawned()],
  ready: () => [spawned()],
  getState: () => [spawned()],
  getMembers: () => [spawned()],
  getOptions: () => [spawned()],
  getWaiting: () => [spawned()],
  watchDeadLetters: () => [spawned(), () => undefined],
  onEvent: () => ['genpool:member:start', () => undefined, { pool: spawned() }],
  spawnPool: () => [system, Work, undefined, { size: 1, clock }],
  definePool: () => [(state: unknown) => state, {}],
  withWorkers: () => [Work, testing.scriptedWorkers({ now: () => clock.now() })],
  instrument: () => [spawned(), {}],
  initThen: () => [{}, { continue: 1 }],
  halt: () => ['normal', { reply: 1 }],
  scriptedWorkers: () => [{ now: () => 0, depth: 1 }],
  virtualClock: () => [0],
  CrashedError: () => ['pool', 'member', 'type', new Error('cause')],
  DroppedError: () => ['pool', { reason: 'max', waitedMs: 1, queueLength: 1 }],
  ExpiredError: () => ['pool', 1, false],
  InvalidError: () => ['commit', []],
}

/** What an error says instead of the name of the function: the thing whose message, option or callback is wrong. */
const speaksOf: Record<string, RegExp> = {
  call: /\bcall\b|message .*to pool/,
  cast: /\bcast\b|message .*to pool/,
  configure: /\bconfigure\b|pool/,
  previewChanges: /\bpreviewChanges\b|pool/,
  resize: /\bresize\b|changes to pool/,
  spawnPool: /\bspawnPool\b|options of (a )?pool|callbacks given to definePool|name of a pool/,
}

const exempt: Record<string, string> = {
  // Abstract: it is the base of the other errors.
  GenPoolError: 'cannot be constructed',
}

const subjects = subjectsOf(everything, exempt).map(({ name, run }): Subject => ({
  name,
  run,
  good: good[name],
  speaksOf: speaksOf[name],
}))

describe('every function of @genpool/core', () => {
  it.each(subjects.map((subject) => [subject.name, subject] as const))(
    '%s gives a result or an error with a code, whatever its arguments are',
    async (_name, subject) => {
      const values = { ...anyValues(), ...addresses() }
      expect(await faultsOf(subject, values)).toEqual([])
    },
  )
})

describe('spawnPool', () => {
  const refused = (run: () => unknown): any => {
    const before = [...findActor(system as never)!.children.keys()]
    try {
      run()
    } catch (error) {
      expect([...findActor(system as never)!.children.keys()]).toEqual(before)
      expect(clock.timers).toBe(0)
      return error
    }
    throw new Error('was not refused')
  }

  it.each([
    [undefined, 'got undefined'],
    [{}, 'got an empty object'],
    ['system', 'got "system"'],
    [Work, 'got an object of class Definition'],
  ])('says what a parent has to be when it is %p', (parent, got) => {
    const error = refused(() => spawnPool(parent as never, Work, 'counter', { clock }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['parent'] }] })
    expect(error.message).toContain(
      'The parent of pool "counter" is wrong; nothing was spawned: expected an actor system',
    )
    expect(error.message).toContain(got)
  })

  it('says that the parent has stopped', () => {
    const error = refused(() => spawnPool(stopped as never, Work, 'counter', { clock }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('says that a name is taken, and where', () => {
    spawnPool(system, Work, 'counter', { size: 1, clock })
    const error = refused(() => spawnPool(system, Work, 'counter', { clock }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['name'] }] })
    expect(error.message).toMatch(/The name of pool "counter" is wrong.*a child "counter" of ".*" already exists/)
  })

  it.each(['a b', 'a/b', 'ä', ' '])('says what a name has to be when it is %p', (name) => {
    const error = refused(() => spawnPool(system, Work, name, { clock }))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['name'] }] })
    expect(error.message).toContain(
      `The name of pool "${name}" is wrong; nothing was spawned: expected letters, digits`,
    )
  })

  it('leaves nothing behind when a queue of the user throws, and can be tried again', () => {
    const fails = (): never => {
      throw new Error('my queue')
    }
    const error = refused(() => spawnPool(system, Work, 'counter', { clock, broker: { client: fails } }))
    expect(error.message).toBe('my queue')
    expect(inspect(spawnPool(system, Work, 'counter', { size: 1, clock }))).toMatchObject({ name: 'counter' })
  })
})

it('a refused listener, watcher or drain leaves the pool as it was', async () => {
  const pool = spawned()
  expect(() => core.watchDeadLetters(pool, undefined as never)).toThrow('watchDeadLetters')
  expect(() => core.onEvent('genpool:drop', 5 as never)).toThrow('onEvent')
  expect(() => core.drain(pool, { within: 'soon' } as never)).toThrow('drain')
  expect(() => core.broadcast(pool, 'message', { late: true } as never)).toThrow('broadcast')
  expect(await call(pool, { type: 'add' })).toBe('added')
  expect(inspect(pool)).toMatchObject({ phase: 'running', accepted: 1, deadLetters: 0 })
})
