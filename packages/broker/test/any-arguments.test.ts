import * as broker from '@genpool/broker'
import { ask, length, regulators, spawnBroker, spawnRegulator, Waiting } from '@genpool/broker'
import * as testing from '@genpool/broker/testing'
import { findActor } from '@genpool/runtime'
import * as nact from 'nact'
import { type ActorSystemRef, start, stop } from 'nact'
import { anyValues, faultsOf, type Subject, subjectsOf, type Values } from '../../runtime/test/any-arguments'

/* eslint-disable @typescript-eslint/no-explicit-any -- wrong on purpose */

let system: ActorSystemRef
let stopped: unknown
beforeEach(() => {
  system = start()
  stopped = spawnBroker(system)
  stop(stopped as never)
})
afterEach(() => {
  stop(system)
})

/** What a user may mix up with a broker or a regulator. */
const addresses = (): Values => ({
  broker: spawnBroker(system),
  'stopped broker': stopped,
  regulator: spawnRegulator(system),
  actor: nact.spawn(system, (state: unknown) => state),
  system,
})

const asking = () => [spawnBroker(system), 'value', {}]
const onlyBroker = () => [spawnBroker(system)]
const options = () => [{}, 0]

/** Arguments that are right, so that each wrong one is seen beside them. */
const good: Record<string, () => readonly unknown[]> = {
  ask: asking,
  askR: asking,
  nbAsk: asking,
  nbAskR: asking,
  asyncAsk: asking,
  asyncAskR: asking,
  dynamicAsk: asking,
  dynamicAskR: asking,
  cancel: () => [spawnBroker(system), 'tag'],
  changeConfig: () => [spawnBroker(system), {}],
  length: onlyBroker,
  lengthR: onlyBroker,
  brokerOf: onlyBroker,
  better: () => [spawnBroker(system), spawnBroker(system)],
  random: onlyBroker,
  betterOf: () => [[spawnBroker(system)], {}],
  spawnBroker: () => [system, {}, undefined],
  spawnRegulator: () => [system, {}, undefined],
  regulatorMeter: () => [spawnRegulator(system), 'ask'],
  'regulators.ask': () => [spawnRegulator(system), {}],
  'regulators.nbAsk': () => [spawnRegulator(system), {}],
  'regulators.asyncAsk': () => [spawnRegulator(system), {}],
  'regulators.update': () => [spawnRegulator(system), 0],
  'regulators.cancel': () => [spawnRegulator(system), 'tag'],
  'regulators.length': () => [spawnRegulator(system)],
  'regulators.size': () => [spawnRegulator(system)],
  'regulators.changeConfig': () => [spawnRegulator(system), {}],
  createBroker: options,
  checkEngineOptions: () => [{}],
  createRegulator: () => [{ valve: { type: 'open' } }, 0],
  codelQueue: options,
  dropQueue: options,
  fairQueue: options,
  timeoutQueue: options,
  codelValve: options,
  openValve: options,
  rateValve: options,
  relativeValve: options,
  betterMeter: options,
  overloadMeter: options,
  underloadMeter: options,
  pieMeter: options,
  fairKey: () => ['value'],
  factsOf: () => [{ entry: new Waiting(0), reason: 'max', sojourn: 1, waiting: 0 }],
  Protector: () => [{ min: 0, max: 1, ask: 0, askR: 0 }, Math.random],
  DroppedError: () => ['broker', { reason: 'max', waitedMs: 1, queueLength: 1 }],
}

/** What an error says instead of the name of the function: the thing whose option or key is wrong. */
const speaksOf: Record<string, RegExp> = {
  spawnBroker: /\bspawnBroker\b|options of a broker|options of broker|name of a broker/,
  spawnRegulator: /\bspawnRegulator\b|options of (a )?regulator|name of a regulator/,
  changeConfig: /\bchangeConfig\b|options of broker/,
  'regulators.changeConfig': /regulators\.changeConfig|options of (a|the) regulator/,
  checkEngineOptions: /options of a broker/,
  createBroker: /\bcreateBroker\b|options of (a|the) broker/,
  createRegulator: /\bcreateRegulator\b|options of (a|the) regulator/,
  fairIdentity: /key of a fair queue|as the key of a message/,
}
for (const kind of ['codel', 'drop', 'fair', 'timeout']) {
  speaksOf[`${kind}Queue`] = new RegExp(`${kind}Queue|options of a ${kind} queue`, 'i')
}
for (const kind of ['codel', 'open', 'rate', 'relative']) {
  speaksOf[`${kind}Valve`] = new RegExp(`${kind}Valve|options of an? ${kind} valve`, 'i')
}
for (const kind of ['better', 'overload', 'underload', 'pie']) {
  speaksOf[`${kind}Meter`] = new RegExp(`${kind}Meter|options of an? ${kind} meter`, 'i')
}

const exempt: Record<string, string> = {}

const subjects = subjectsOf({ ...broker, ...testing }, exempt).map(({ name, run }): Subject => ({
  name,
  run,
  good: good[name],
  speaksOf: speaksOf[name],
}))

describe('every function of @genpool/broker', () => {
  it.each(subjects.map((subject) => [subject.name, subject] as const))(
    '%s gives a result or an error with a code, whatever its arguments are',
    async (_name, subject) => {
      expect(await faultsOf(subject, { ...anyValues(), ...addresses() })).toEqual([])
    },
  )
})

describe.each([
  ['broker', spawnBroker],
  ['regulator', spawnRegulator],
] as const)('spawning a %s', (kind, spawn: any) => {
  const refused = (run: () => unknown): any => {
    const before = [...findActor(system as never)!.children.keys()]
    try {
      run()
    } catch (error) {
      expect([...findActor(system as never)!.children.keys()]).toEqual(before)
      return error
    }
    throw new Error('was not refused')
  }
  const fails = (): never => {
    throw new Error('mine')
  }

  it('says what a parent has to be', () => {
    for (const parent of [undefined, {}, 5]) {
      const error = refused(() => spawn(parent, {}, 'one'))
      expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['parent'] }] })
      expect(error.message).toContain(
        `The parent of ${kind} "one" is wrong; nothing was spawned: expected an actor system`,
      )
    }
  })

  it('says that a name is taken or not allowed', () => {
    spawn(system, {}, 'one')
    expect(refused(() => spawn(system, {}, 'one')).message).toContain('already exists')
    const error = refused(() => spawn(system, {}, 'a b'))
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', issues: [{ path: ['name'] }] })
    expect(error.message).toContain(`The name of ${kind} "a b" is wrong`)
  })

  it('leaves nothing behind when a queue of the user throws', () => {
    const options = kind === 'broker' ? { client: fails } : { queue: fails }
    expect(refused(() => spawn(system, options, 'one')).message).toBe('mine')
    expect(() => spawn(system, {}, 'one')).not.toThrow()
  })
})

it('a refused request is not queued', async () => {
  const one = spawnBroker(system)
  expect(() => ask(one, 'value', { timeout: 'soon' } as never)).toThrow('options of ask')
  expect(() => ask(one, 'value', { as: { path: 5 } } as never)).toThrow('expected the address of an actor')
  expect(length(one)).toBe(0)
  const other = spawnRegulator(system)
  expect(() => regulators.ask(other, 5 as never)).toThrow('options of regulators.ask')
  expect(regulators.length(other)).toBe(0)
})
