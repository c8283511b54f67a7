import { type Broker, type BrokerOptions, createBroker, type DropOptions } from '@genpool/broker'
import fc from 'fast-check'
import { party, type Party } from '../engine/party'
import { RUNS } from './runs'

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('ask' as const),
      lasts: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 30 })),
      tag: fc.constantFrom(undefined, undefined, undefined, 't'),
      key: fc.constantFrom(...new Array<undefined>(20).fill(undefined), 'k'),
      priority: fc.constantFrom(...new Array<number>(20).fill(0), -1, 2),
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('askR' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('nbAskR' as const, 'nbAsk' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom('take' as const, 'drain' as const, 'release' as const, 'putBack' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('configure' as const), max: fc.constantFrom(3, 9, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('timeout' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('finished' as const), took: fc.nat(20) }) },
)
const options = fc.record<DropOptions>({
  order: fc.constantFrom('fifo', 'lifo', 'adaptive'),
  max: fc.constantFrom(2, 8, Infinity),
  dropFrom: fc.constantFrom('head', 'tail'),
})

/** Queues that decide more than a drop queue: the short way goes where they are empty. In nanoseconds, as the time of the test. */
const otherQueues = fc.oneof(
  fc.record({
    type: fc.constant('codel' as const),
    target: fc.constantFrom(2e-6, 8e-6),
    interval: fc.constantFrom(5e-6, 30e-6),
    order: fc.constantFrom('fifo' as const, 'lifo' as const, 'adaptive' as const),
    min: fc.constantFrom(0, 2),
    max: fc.constantFrom(8, Infinity),
  }),
  fc.record({ type: fc.constant('timeout' as const), timeout: fc.constantFrom(3e-6, 20e-6) }),
)

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

/** One of two brokers that get the same commands, with parties of its own. */
class Side {
  readonly #parties: Party[] = []
  readonly #served: Party[] = []
  now = 0
  takenIdle = 0
  givenIdle = 0

  constructor(readonly broker: Broker<Party, Party>) {}

  /** Does it and tells everything that there is to see. */
  run(command: Command): unknown {
    const { broker, now } = this
    let result: unknown = null
    if (command.op === 'ask') {
      const request = Object.assign(this.#party(), { ...command, deadline: now + command.lasts })
      result = (this.#takeIdle(request) ?? broker.ask(request, now))?.name
    } else if (command.op === 'askR') result = this.#serve(this.#askR())
    else if (command.op === 'nbAskR') result = this.#serve(broker.nbAskR(this.#party(), now))
    else if (command.op === 'nbAsk') result = broker.nbAsk(this.#party(), now)?.name
    else if (command.op === 'take') result = this.#serve(broker.take(now))
    else if (command.op === 'drain') result = broker.drain(now).map(({ name }) => name)
    else if (command.op === 'release') result = this.#release()
    else if (command.op === 'putBack') result = this.#putBack()
    else if (command.op === 'configure') {
      result = broker.configure({ client: { type: 'drop', max: command.max } }, now)
    } else if (command.op === 'cancel') result = broker.cancel('t', now)
    else if (command.op === 'remove') {
      const party = this.#parties[command.at]
      result = party !== undefined && broker.remove(party, now)
    } else if (command.op === 'timeout') broker.timeout(now)
    else if (command.op === 'finished') broker.finished(command.took, now)
    const { dropped, droppedR, wakeAt } = broker.decision
    const told = [...dropped, ...droppedR].map(({ entry, ...rest }) => ({ ...rest, name: entry.name }))
    const waiting = [...broker.requests, ...broker.members].map(({ name }) => name)
    // `finished` decides nothing, and leaves the last decision as it is.
    return [result, broker.length, broker.lengthR, waiting, command.op === 'finished' ? null : [told, wakeAt]]
  }

  /** The shortest way, for a request without options. */
  #takeIdle({ deadline, tag, key, priority }: Party): Party | null {
    const isPlain = deadline > this.now && tag === undefined && key === undefined && priority === 0
    const member = isPlain ? this.broker.takeIdle(this.now) : null
    if (member !== null) this.takenIdle++
    return member
  }

  /** The shortest way back, for a member that is there to be taken. */
  #askR(): Party | null {
    const member = this.#party()
    if (this.broker.giveIdle(member, this.now)) this.givenIdle++
    else return this.broker.askR(member, this.now)
    return null
  }

  /** Notes what was matched, so that it can be released. */
  #serve(request: Party | null): string | undefined {
    if (request !== null) this.#served.push(request)
    return request?.name
  }

  #release(): unknown {
    const request = this.#served.shift()
    const match = request === undefined ? null : this.broker.release(request, this.now)
    if (match !== null) this.#served.push(match.ask)
    return match === null ? null : [match.ask.name, match.askR.name]
  }

  #putBack(): unknown {
    const request = this.#served.pop()
    if (request === undefined) return null
    const member = this.broker.putBack(request, this.now)
    if (member !== null) this.#served.push(request)
    return [request.name, member?.name]
  }

  #party(): Party {
    const { length } = this.#parties
    this.#parties.push(party(String(length), 0, { sentAt: this.now }))
    return this.#parties[length]!
  }
}

it.each<[string, number, fc.Arbitrary<NonNullable<BrokerOptions['client']>>]>([
  ['a drop queue', 3 * RUNS, options.map((given) => ({ type: 'drop', ...given }))],
  ['another queue', RUNS, otherQueues],
])('gives the same results and decisions on the short way over %s', (_title, numRuns, clients) => {
  let takenIdle = 0
  let givenIdle = 0
  fc.assert(
    fc.property(
      clients,
      fc.boolean(),
      fc.array(fc.tuple(command, fc.nat(4)), { minLength: 20, maxLength: 120 }),
      (client, budget, commands) => {
        const settings = { client, budget }
        const short = new Side(createBroker(settings, 0))
        // Who asks whether parties are alive is never led the short way.
        const long = new Side(createBroker(settings, 0, { isAlive: () => true }))
        for (const [command, passes] of commands) {
          short.now = long.now += passes
          expect(short.run(command)).toEqual(long.run(command))
        }
        takenIdle += short.takenIdle
        givenIdle += short.givenIdle
        expect([long.takenIdle, long.givenIdle]).toEqual([0, 0])
      },
    ),
    { numRuns },
  )
  expect(Math.min(takenIdle, givenIdle)).toBeGreaterThan(0)
})
