import { type Broker, createBroker, type DropOptions, type Maker, type PackedCalls } from '@genpool/broker'
import fc from 'fast-check'
import { party, type Party } from '../engine/party'

/** More than this wait before anything is packed. */
const FEW = 1024

const many = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1500 }))
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('send' as const), times: many, kind: fc.constantFrom(0, 1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('call' as const), times: many, lasts: fc.constantFrom(9, 300) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('ask' as const), lasts: fc.constantFrom(Infinity, 3, 300) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('askR' as const), times: many }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('take' as const), times: many }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), at: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('key' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('bound' as const), max: fc.constantFrom(2000, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('drain' as const) }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

/** One of two brokers that get the same requests: as they come, or packed where that is possible. */
class Side {
  now = 0
  packed = 0
  takenShort = 0
  #count = 0
  readonly #asked: Party[] = []
  readonly #makers: Maker<Party>[] = ['a', 'b'].map((kind) => (message, about, sentAt) => {
    if (about !== kind) throw new Error('what was handed in has come out of another pack')
    return party(`${kind}${String(message)}`, 0, { sentAt })
  })
  /** What may expire: calls, and packs of calls. */
  readonly #watched = new Set<Party | PackedCalls<Party>>()
  readonly #calls = new Map<number, Maker<Party>>()

  constructor(
    readonly broker: Broker<Party, Party>,
    private readonly order: DropOptions['order'],
    private readonly packs: boolean,
  ) {}

  run(command: Command): unknown {
    const { broker, now } = this
    const told: unknown[] = []
    told.push(this.#expired())
    if (command.op === 'send') for (let i = 0; i < command.times; i++) told.push(this.#send(command.kind))
    else if (command.op === 'call') for (let i = 0; i < command.times; i++) told.push(this.#call(command.lasts))
    else if (command.op === 'ask') {
      this.#asked.push(party(`call${this.#count++}`, 0, { sentAt: now, deadline: now + command.lasts, tag: 't' }))
      told.push(broker.ask(this.#asked.at(-1)!, now)?.name)
    } else if (command.op === 'askR') for (let i = 0; i < command.times; i++) told.push(this.#askR())
    else if (command.op === 'take') for (let i = 0; i < command.times; i++) told.push(this.#take())
    else if (command.op === 'cancel') told.push(broker.cancel('t', now))
    else if (command.op === 'remove') {
      const entry = this.#asked[command.at]
      told.push(entry !== undefined && broker.remove(entry, now))
    } else if (command.op === 'key')
      told.push(broker.ask(party(`key${this.#count++}`, 0, { sentAt: now, key: 'k' }), now))
    else if (command.op === 'bound') {
      broker.configure({ client: { type: 'drop', order: this.order, max: command.max } }, now)
      told.push(this.#drops())
    } else told.push(broker.drain(now).map(({ name }) => name))
    const waiting = [...broker.requests].map(({ name, sentAt }) => `${name} ${sentAt}`)
    return [JSON.stringify(told), waiting.join(), broker.length, broker.lengthR, broker.relativeTime(now)]
  }

  #send(kind: number): unknown {
    const { broker, now } = this
    const [message, about] = [this.#count++, 'ab'[kind]!]
    if (this.packs && broker.pack(this.#makers[kind]!, message, about, now)) {
      this.packed++
      return undefined
    }
    return broker.ask(this.#makers[kind]!(message, about, now, undefined), now)?.name
  }

  #call(patience: number): unknown {
    const { broker, now } = this
    const [message, make] = [this.#count++, this.#makerOfCalls(patience)]
    if (this.packs && broker.pack(make, message, 'c', now, `caller of ${message}`)) {
      this.packed++
      return undefined
    }
    const call = make(message, 'c', now, `caller of ${message}`)
    this.#watched.add(call)
    return broker.ask(call, now)?.name
  }

  #makerOfCalls(patience: number): Maker<Party> {
    const known = this.#calls.get(patience)
    if (known !== undefined) return known
    const make = (message: unknown, _about: unknown, sentAt: number, caller: unknown): Party => {
      if (caller !== `caller of ${String(message)}`)
        throw new Error('the caller of another call has come out of a pack')
      return party(`call${String(message)}`, 0, { sentAt, deadline: sentAt + patience })
    }
    const calls = {
      patience,
      packed: (pack: PackedCalls<Party>) => this.#watched.add(pack),
      unpacked: (pack: PackedCalls<Party>) => this.#watched.delete(pack),
      built: (call: Party) => this.#watched.add(call),
    }
    const maker = Object.assign(make, { calls })
    this.#calls.set(patience, maker)
    return maker
  }

  /** Takes out what has expired, also of packs. */
  #expired(): readonly string[] {
    const { broker, now } = this
    for (const entry of this.#watched) if ('unpack' in entry && entry.deadline <= now) entry.unpack()
    const due = [...this.#watched].filter((entry) => !('unpack' in entry) && entry.deadline <= now) as Party[]
    for (const entry of due) this.#watched.delete(entry)
    return due.flatMap((entry) => (entry.list !== null && broker.remove(entry, now) ? [entry.name] : [])).sort()
  }

  /** One more for a busy member: the short way, if there is one. */
  #take(): unknown {
    const { broker, now } = this
    const short = this.packs ? broker.takePacked(now) : null
    if (short !== null) this.takenShort++
    const request = short ?? broker.take(now)
    return [request?.name, request?.sentAt, this.#drops()]
  }

  #askR(): unknown {
    const request = this.broker.askR(party(`member${this.#count++}`, 0, { sentAt: this.now }), this.now)
    return [request?.name, request?.sentAt, this.#drops()]
  }

  #drops(): unknown {
    return this.broker.decision.dropped.map(({ entry, ...rest }) => ({ ...rest, name: entry.name }))
  }
}

it('serves, drops and drains the same requests, packed or not', () => {
  let [packed, takenShort] = [0, 0]
  fc.assert(
    fc.property(
      fc.constantFrom('fifo' as const, 'lifo' as const, 'adaptive' as const),
      fc.array(fc.tuple(command, fc.nat(4)), { minLength: 10, maxLength: 40 }),
      (order, commands) => {
        const begin = (packs: boolean): Side =>
          new Side(createBroker({ client: { type: 'drop', order } }, 0), order, packs)
        const [plain, packing] = [begin(false), begin(true)]
        for (const [command, passes] of [[{ op: 'send', times: FEW, kind: 0 }, 0] as const, ...commands]) {
          plain.now = packing.now += passes
          expect(packing.run(command)).toEqual(plain.run(command))
        }
        packed += packing.packed
        takenShort += packing.takenShort
      },
    ),
    { numRuns: 100 },
  )
  expect(packed).toBeGreaterThan(10_000)
  expect(takenShort).toBeGreaterThan(0)
})
