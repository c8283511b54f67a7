/* A process with a store and a pool on it: `store-process.ts '{"url":…,"bucket":…}'`. It does what its parent sends. */
import { call, definePool, getState, isGenPoolError, ready, reply, spawnPool } from '@genpool/core'
import { natsStore, type NatsStore, type NatsStoreOptions } from '@genpool/nats'
import { connect } from '@nats-io/transport-node'
import { start, stop } from 'nact'

/** What a process of the tests is started with. */
export interface StoreSetup {
  readonly url: string
  readonly store: NatsStoreOptions
}

/** How a process is asked. `at` and `done` are times that all processes share. */
export interface Asked {
  readonly id: number
  readonly what: keyof typeof deeds
  readonly with: never
}

/** One call, as its caller saw it. */
export interface Told {
  readonly letter: string
  readonly begun: number
  readonly ended: number
  /** The log after its commit. */
  readonly left?: string | undefined
  readonly failed?: { readonly code: string; readonly mayBeCommitted: boolean; readonly message: string } | undefined
}

const { url, store: options } = JSON.parse(process.argv[2]!) as StoreSetup

interface State {
  log: string
  count: number
}

const Log = definePool({
  init: (): State => ({ log: '', count: 0 }),
  calls: {
    /** A recipe on the latest state. */
    append: ({ letter }: { letter: string }) =>
      reply<string, State>(
        ({ log }) => log,
        (draft) => {
          draft.log += letter
          draft.count++
        },
      ),
    /** A state that is made of the one that was read. */
    state: async ({ letter }: { letter: string }, { log, count }: State) => {
      await Promise.resolve()
      return reply(log + letter, { log: log + letter, count: count + 1 })
    },
    exclusive: async ({ letter }: { letter: string }, { log, count }: State) => {
      await new Promise((resolve) => setImmediate(resolve))
      return reply(log + letter, { log: log + letter, count: count + 1 }, { commit: 'exclusive' })
    },
    add: () =>
      reply<number, State>(
        ({ count }) => count,
        (draft) => void draft.count++,
      ),
    read: (_: object, { log }: State) => reply(log),
  },
})

const system = start()
let store!: NatsStore
let pool!: ReturnType<typeof spawn>

const deeds = {
  /** So many additions, `inFlight` of them at a time. Returns how they ended, and the counts that were answered. */
  async add({ count, inFlight, type = 'add' }: { count: number; inFlight: number; type?: string }) {
    const counts: number[] = []
    const failures: Told['failed'][] = []
    let left = count
    const caller = async (): Promise<void> => {
      while (left-- > 0) {
        try {
          counts.push((await call(pool, { type, letter: '' } as never, { timeout: 120_000 })) as number)
        } catch (error) {
          failures.push(failureOf(error))
        }
      }
    }
    await Promise.all(Array.from({ length: inFlight }, caller))
    return { counts, failures }
  },
  /** From now on the state is another one, which begins empty. */
  async open({ key }: { key: string }) {
    const before = pool
    pool = spawn(key)
    await ready(pool)
    stop(before)
  },
  async one({ letter, type }: { letter: string; type: string }): Promise<Told> {
    const begun = now()
    try {
      if (type === 'fresh') {
        const { log } = await getState(pool, { fresh: true })
        return { letter, begun, left: log, ended: now() }
      }
      const left = (await call(pool, { type, letter } as never, { timeout: 60_000 })) as string
      return { letter, begun, left, ended: now() }
    } catch (error) {
      return { letter, begun, ended: now(), failed: failureOf(error) }
    }
  },
  read: () => Promise.resolve(getState(pool)),
  fresh: () => store.fresh('log'),
  version: () => Promise.resolve(store.cell('log').version),
  /** Holds the state, and never lets it go. */
  async hold() {
    await store.cell('log').hold()
  },
  restore: () => store.restore(),
  /** The process does nothing for a while, as in a long loop. */
  async block({ ms }: { ms: number }) {
    const end = now() + ms
    while (now() < end);
    return Promise.resolve()
  },
}

/** Milliseconds on a clock that all processes of this machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function failureOf(error: unknown): NonNullable<Told['failed']> {
  const { message } = error as Error
  if (isGenPoolError(error, 'ERR_GENPOOL_NOT_COMMITTED'))
    return { code: error.code, mayBeCommitted: error.mayBeCommitted, message }
  return { code: isGenPoolError(error) ? error.code : 'none', mayBeCommitted: false, message }
}

function spawn(key: string) {
  const broker = { client: { type: 'drop' as const, max: 100_000 } }
  return spawnPool(system, Log, key, { size: 64, state: { type: 'shared', store }, broker })
}

async function main(): Promise<void> {
  const connection = await connect({ servers: url.split(','), reconnectTimeWait: 20, maxReconnectAttempts: -1 })
  store = await natsStore(connection, options)
  pool = spawn('log')
  await ready(pool)
  process.on('message', ({ id, what, with: given }: Asked) => {
    void deeds[what](given).then(
      (answer: unknown) => process.send?.({ id, answer }),
      (error: unknown) => process.send?.({ id, error: (error as Error).message }),
    )
  })
  process.send?.({ id: 0 })
}

void main()
