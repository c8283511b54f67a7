import fc from 'fast-check'
import { type AsyncStore, createStore, isEndedDraft, NotCommittedError } from '@genpool/state-ane'
import { type Entry, type Kind, type Logs, serialOrder } from '@genpool/state-ane/testing'
import { memoryEngine, reopened } from '../journal/memory-engine'

interface Value {
  readonly log: string
}
class Planned extends Error {}

const validate = ({ log }: Value): boolean => !log.includes('!')
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How a write ends. `kept`: the engine has the event, whatever it says. */
const FATES = ['done', 'done', 'done', 'failed', 'failed but kept', 'hangs', 'hangs but kept'] as const
type Fate = (typeof FATES)[number]

const KINDS = ['update', 'update', 'compareAndSet', 'throws', 'invalid', 'transaction', 'hold', 'read'] as const
type Operation = { readonly kind: (typeof KINDS)[number]; readonly cells: readonly string[] }

const operation = fc.record({ kind: fc.constantFrom(...KINDS), cells: fc.constantFrom(['x'], ['y'], ['x', 'y']) })
const write = fc.record({ fate: fc.constantFrom(...FATES), which: fc.nat(3) })
const step = fc.record({ what: fc.oneof(operation, operation, write), calm: fc.boolean() })
type Step = { readonly what: Operation | { readonly fate: Fate; readonly which: number }; readonly calm: boolean }

/** An engine whose writes end when the test says so. */
function slowEngine() {
  const engine = memoryEngine()
  const pending: ((fate: Fate) => void)[] = []
  const { persist } = engine
  engine.persist = async (event) => {
    const fate = await new Promise<Fate>((resolve) => pending.push(resolve))
    if (fate === 'done' || fate.endsWith('kept')) await persist(event)
    if (fate.startsWith('hangs')) await new Promise(() => undefined)
    if (fate !== 'done') throw new Error('the disk is full')
  }
  return { engine, pending }
}

type Told = Entry & { readonly unknown?: true }

class Runner {
  readonly told: Told[] = []
  readonly #open: Promise<void>[] = []
  #now = 0
  #letters = 0

  constructor(private readonly store: AsyncStore) {}

  get open(): number {
    return this.#open.length - this.told.length
  }

  begin({ kind, cells }: Operation): void {
    const letter = kind === 'invalid' ? '!' : String.fromCharCode(97 + this.#letters++)
    const begun = this.#now++
    const entry = { client: begun, kind: 'update' as Kind, letter, begun, saw: {}, left: {}, committed: true }
    const touched = kind === 'read' || kind === 'transaction' ? cells : cells.slice(0, 1)
    const end = (more: Partial<Told>): void =>
      void this.told.push({ ...entry, writes: kind === 'read' ? [] : touched, ended: this.#now++, ...more })
    this.#open.push(
      this.#perform(kind, touched, letter).then(end, (error: unknown) => {
        const mine = error instanceof Planned || (error as { code?: string }).code === 'ERR_GENPOOL_INVALID'
        if (mine && kind !== 'throws' && kind !== 'invalid') throw error
        if (isEndedDraft(error)) throw error
        end({ committed: false, ...(isUnknown(error) ? { unknown: true } : {}) })
      }),
    )
  }

  async #perform(kind: Operation['kind'], names: readonly string[], letter: string): Promise<Partial<Told>> {
    const cells = names.map((name) => this.store.cell<Value>(name))
    const cell = cells[0]!
    const append = (draft: { log: string }): void => {
      draft.log += letter
      if (kind === 'throws') throw new Planned()
    }
    if (kind === 'read') return { saw: logsOf(this.store, names) }
    if (kind === 'compareAndSet') {
      const saw = { [cell.key]: cell.value.log }
      const next = { log: cell.value.log + letter }
      return { saw, left: { [cell.key]: next.log }, committed: await cell.compareAndSet(cell.version, next) }
    }
    if (kind === 'transaction') {
      const values = (await this.store.transaction(names, (draft) => {
        for (const name of names) append(draft[name])
      })) as Record<string, Value>
      return { left: Object.fromEntries(names.map((name) => [name, values[name]!.log])) }
    }
    if (kind !== 'hold') return { left: { [cell.key]: (await cell.update(append)).log } }
    const hold = await cell.hold()
    const written = hold.update(append)
    hold.release()
    return { left: { [cell.key]: (await written).log } }
  }

  /** Rejects with what no operation should fail with. */
  async end(): Promise<void> {
    await Promise.all(this.#open)
  }
}

function isUnknown(error: unknown): boolean {
  if (error instanceof NotCommittedError) return error.mayBeCommitted
  return (error as { started?: boolean }).started === true
}

function logsOf(store: AsyncStore, names: readonly string[]): Logs {
  return Object.fromEntries(names.map((name) => [name, store.get<Value>(name).log]))
}

const open = async (engine: ReturnType<typeof memoryEngine>): Promise<AsyncStore> => {
  const store = createStore({
    initial: { log: '' },
    validate: validate as never,
    journal: { engine: reopened(engine), snapshotEvery: 4 },
  })
  await store.ready
  return store
}

async function live(steps: readonly Step[]): Promise<void> {
  const { engine, pending } = slowEngine()
  const store = await open(engine)
  const runner = new Runner(store)
  for (const { what, calm } of steps) {
    if ('kind' in what) runner.begin(what)
    else if (pending.length > 0) pending.splice(what.which % pending.length, 1)[0]!(what.fate)
    if (calm) await quiet()
  }
  while (pending.length > 0) {
    pending.shift()!('done')
    for (let i = 0; i < 4; i++) await quiet()
  }
  const seen = logsOf(store, ['x', 'y'])
  // Who waits for a write that hangs has not been answered, and nobody has seen what it would do.
  expect(serialOrder({ entries: [...runner.told], final: seen, fault: undefined }, 'real-time')).toBeDefined()
  store.destroy()
  await runner.end()
  expect(runner.open).toBe(0)
  const found = logsOf(await open(engine), ['x', 'y'])
  const entries = runner.told.map((entry) => {
    const kept = entry.writes.some((name) => found[name]!.includes(entry.letter))
    return entry.unknown === true && kept ? { ...entry, committed: true, ended: Infinity } : entry
  })
  expect(serialOrder({ entries, final: found, fault: undefined }, 'real-time')).toBeDefined()
}

describe('commits that wait for writes', () => {
  it('are what some order of the acknowledged ones gives, now and after a restart, however writes end', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 26 }), live), {
      numRuns: 1500,
      seed: 16,
    })
  }, 120_000)
})
