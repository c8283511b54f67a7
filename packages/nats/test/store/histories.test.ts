import { type Entry, serialOrder } from '@genpool/state-ane/testing'
import { natsStore, type NatsStore } from '@genpool/nats'
import { Proxy } from '../support/proxy'
import { connectTo, type NatsServer } from '../support/server'
import { endJetStream, startJetStream, startJetStreamCluster } from '../support/jetstream'
import type { StoreSetup, Told } from '../support/store-process'
import { endStores, startStores, type StoreProcess } from '../support/store-processes'

const BUCKET = 'histories'
/** Short, so that the fault of a round ends within it. */
const options = { bucket: BUCKET, timeout: 2500, lease: 1500, every: 200 }
const KINDS = ['append', 'append', 'append', 'state', 'exclusive', 'fresh'] as const
const FAULTS = [
  'none',
  'a process killed',
  'the server killed and started',
  'a partition',
  'a process stopped',
] as const
const CLIENTS = 6
const EACH = 4

let server: NatsServer
let looker: NatsStore
const proxies: Proxy[] = []
const machines: StoreProcess[] = []

beforeAll(async () => {
  server = await startJetStream()
  looker = await natsStore(await connectTo(server, { reconnectTimeWait: 20, maxReconnectAttempts: -1 }), options)
  for (let i = 0; i < 3; i++) proxies.push(await new Proxy(server).start())
  machines.push(...(await Promise.all(proxies.map((_, i) => startMachine(i)))))
}, 60_000)
afterAll(async () => {
  await endStores()
  for (const proxy of proxies) proxy.end()
  await endJetStream()
})

async function startMachine(i: number): Promise<StoreProcess> {
  const setup: StoreSetup = { url: proxies[i]!.url, store: options }
  const [machine] = await startStores(1, setup)
  return machine!
}

/** What a client knows of one of its operations. `isOpen`: nobody knows how it ended. */
type Known = Entry & { readonly isOpen: boolean }

const now = (): number => Number(process.hrtime.bigint()) / 1e6
const letterOf = (n: number): string => String.fromCharCode((n < 26 ? 97 : 65 - 26) + n)

function entryOf(client: number, type: string, told: Told): Known {
  const { letter, begun, ended, left, failed } = told
  const reads = type === 'fresh'
  return {
    client,
    kind: reads ? 'read' : 'update',
    letter,
    writes: reads ? [] : ['log'],
    begun,
    ended,
    saw: reads && left !== undefined ? { log: left } : {},
    left: !reads && left !== undefined ? { log: left } : {},
    committed: failed === undefined,
    isOpen: !reads && failed !== undefined && failed.mayBeCommitted,
  }
}

/** The clients of one round, two on each machine, and what they were told. */
class Round {
  readonly known: Known[] = []
  #letters = 0
  #heard: () => void = () => undefined

  constructor(private readonly random: (below: number) => number) {}

  async client(client: number): Promise<void> {
    for (let i = 0; i < EACH; i++) {
      const type = KINDS[this.random(KINDS.length)]!
      const letter = letterOf(this.#letters++)
      const begun = now()
      const gone = { letter, begun, ended: now(), failed: { code: 'gone', mayBeCommitted: true, message: 'gone' } }
      const told = await machines[client % 3]!.one(letter, type).catch((): Told => gone)
      this.known.push(entryOf(client, type, told))
      this.#heard()
    }
  }

  /** Resolves when the clients of other machines have ended so many more, or all. */
  async others(which: number, more: number): Promise<void> {
    const count = (): number => this.known.filter(({ client }) => client % 3 !== which).length
    const wanted = Math.min(count() + more, (CLIENTS * EACH * 2) / 3)
    while (count() < wanted) await this.#next()
  }

  /** Resolves when so many operations have ended. */
  async ended(count: number): Promise<void> {
    while (this.known.length < count) await this.#next()
  }

  /** Resolves when one more operation has ended. */
  #next(): Promise<void> {
    return new Promise((resolve) => (this.#heard = resolve))
  }
}

/** Does it, lets the other machines go on for some time, and undoes it. */
async function strike(fault: (typeof FAULTS)[number], which: number, others: () => Promise<void>): Promise<void> {
  if (fault === 'a process killed') await machines[which]!.kill()
  else if (fault === 'the server killed and started') {
    await server.kill()
    await server.start()
  } else if (fault === 'a partition') {
    proxies[which]!.cut()
    await others()
    proxies[which]!.mend()
  } else if (fault === 'a process stopped') {
    machines[which]!.signal('SIGSTOP')
    await others()
    machines[which]!.signal('SIGCONT')
  }
}

/** A source of numbers that is the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state >>> 8) % below
  }
}

/** The log of a state at the end, once the server can be asked. */
async function finalLog(key: string): Promise<string> {
  for (let i = 0; ; i++) {
    try {
      return (await looker.fresh<{ log: string } | undefined>(key))?.log ?? ''
    } catch (error) {
      if (i > 20) throw error
    }
  }
}

/** What was answered has a serial order that leads to the log, and what failed for certain has had no effect. */
function mustBeSerial({ known }: Round, log: string): void {
  const entries = known.flatMap(({ isOpen, ...entry }): Entry[] => {
    if (!isOpen) return [entry]
    // It may have been committed at any time since.
    return log.includes(entry.letter) ? [{ ...entry, committed: true, ended: Infinity }] : []
  })
  const history = { entries, final: { log } }
  if (serialOrder(history, 'real-time') === undefined) throw new Error(JSON.stringify(history, null, 1))
  for (const { committed, isOpen, letter } of known) if (!committed && !isOpen) expect(log).not.toContain(letter)
}

describe('histories of three processes', () => {
  const rounds = Array.from({ length: 20 }, (_, i) => [i, FAULTS[i % FAULTS.length]!] as const)
  it.each(rounds)(
    'round %d has a serial order of what was answered, with %s',
    async (i, fault) => {
      const random = seeded(i + 1)
      const key = `round-${i}`
      await Promise.all(machines.map((machine) => machine.ask('open', { key })))
      const round = new Round(random)
      const clients = Array.from({ length: CLIENTS }, (_, client) => round.client(client))
      await round.ended(random(CLIENTS * 2))
      const which = random(3)
      await strike(fault, which, () => round.others(which, 6))
      await Promise.all(clients)
      mustBeSerial(round, await finalLog(key))
      if (fault === 'a process killed') machines[which] = await startMachine(which)
    },
    60_000,
  )
})

describe('histories on a cluster of three servers', () => {
  const replicated = { ...options, replicas: 3 }
  let cluster: NatsServer[]

  beforeAll(async () => {
    await endStores()
    cluster = await startJetStreamCluster()
    const connection = await connectTo(cluster, { reconnectTimeWait: 20, maxReconnectAttempts: -1 })
    // The cluster elects its leaders first.
    looker = await natsStore(connection, { ...replicated, timeout: 30_000 })
    const setup: StoreSetup = { url: cluster.map(({ url }) => url).join(','), store: replicated }
    machines.splice(0, 3, ...(await startStores(3, setup)))
  }, 60_000)

  it.each([0, 1, 2, 3])(
    'round %d has a serial order of what was answered, while a server is killed and started',
    async (i) => {
      const random = seeded(100 + i)
      const key = `cluster-${i}`
      await Promise.all(machines.map((machine) => machine.ask('open', { key })))
      const round = new Round(random)
      const clients = Array.from({ length: CLIENTS }, (_, client) => round.client(client))
      await round.ended(random(CLIENTS * 2))
      await cluster[i % 3]!.kill()
      await round.ended(CLIENTS * 3)
      await cluster[i % 3]!.start()
      await Promise.all(clients)
      mustBeSerial(round, await finalLog(key))
    },
    90_000,
  )
})
