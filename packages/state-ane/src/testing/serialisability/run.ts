import { type Nanos, NS_PER_MS, systemClock } from '@genpool/runtime'
import { type Cell, type Hold, whenFree } from '../../cells/cell'
import type { MaybePromise } from '../../cells/maybe-promise'
import { transact } from '../../commits/transact'
import type { CommitOptions, Step, Transition } from '../../commits/transition'
import type { Store, SyncStore } from '../../stores/store'
import type { Entry, History, Logs } from './history'
import { HASTE, type Operation, type Plan } from './plan'

interface Value {
  readonly log: string
}

/** The error of an operation that fails on purpose. */
class Planned extends Error {}

/** The validators refuse a value with this letter. */
const FORBIDDEN = '!'
const validate = ({ log }: Value): boolean | string => !log.includes(FORBIDDEN) || 'it is forbidden'

/** How long a client may wait for its store. */
const LONGEST: Nanos = 5000 * NS_PER_MS

/** Runs a plan on a new store, and returns what was seen. */
export async function run(store: Store, plan: Plan): Promise<History> {
  return new Runner(store, plan).run()
}

type Seen = Partial<Pick<Entry, 'saw' | 'left' | 'committed'>>

class Runner {
  readonly #entries: Entry[] = []
  readonly #waiting: (() => void)[] = []
  #now = 0
  #letters = 0
  #fault: string | undefined
  #running = 0

  constructor(
    private readonly store: Store,
    private readonly plan: Plan,
  ) {}

  async run(): Promise<History> {
    const names = [...new Set(this.plan.clients.flat().flatMap(({ cells }) => cells))].sort()
    const cells = names.map((name) => this.store.cell<Value>(name, { initial: { log: '' }, validate }))
    this.#running = this.plan.clients.length
    for (const [client, operations] of this.plan.clients.entries())
      void this.#client(client, operations).then(() => (this.#running -= 1))
    await this.#schedule()
    if (this.#running > 0) this.#fault ??= `${this.#running} clients never ended`
    return { entries: this.#entries, final: logsOf(cells), fault: this.#fault }
  }

  /** Lets one waiting client continue, then waits until its effects are complete; repeats until no client waits. */
  async #schedule(): Promise<void> {
    const { schedule } = this.plan
    await quiet()
    for (let i = 0; await this.#someoneWaits(); i++) {
      const turn = schedule[i % schedule.length] as number
      const [next] = this.#waiting.splice(turn % this.#waiting.length, 1)
      next?.()
      if (turn < HASTE || this.#waiting.length === 0) await quiet()
    }
  }

  /** False if nobody will continue: all have ended, or those left wait for something that does not come. */
  async #someoneWaits(): Promise<boolean> {
    if (this.#waiting.length > 0 || this.#running === 0) return this.#waiting.length > 0
    // A store with a server takes as long as the server.
    const end = systemClock.now() + LONGEST
    while (this.#waiting.length === 0 && this.#running > 0 && systemClock.now() < end) await quiet()
    return this.#waiting.length > 0
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async #client(client: number, operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      await this.#pause()
      await this.#operation(client, operation)
    }
  }

  async #operation(client: number, operation: Operation): Promise<void> {
    const letter = operation.fate === 'invalid' ? FORBIDDEN : String.fromCharCode(97 + this.#letters++)
    const begun = this.#now++
    const writes = operation.kind === 'read' || operation.kind === 'look' ? [] : operation.cells
    const seen = await this.#perform(operation, letter).catch((error: unknown): Seen => {
      if (!isPlanned(error, operation)) this.#fault ??= `${operation.kind} (${letter}) failed: ${String(error)}`
      return { committed: false }
    })
    const entry = { client, kind: operation.kind, letter, writes, begun, ended: this.#now++ }
    this.#entries.push({ ...entry, saw: {}, left: {}, committed: true, ...seen })
  }

  async #perform(operation: Operation, letter: string): Promise<Seen> {
    const cells = operation.cells.map((name) => this.store.cell<Value>(name))
    const cell = cells[0] as Cell<Value>
    const append = (draft: { log: string }): void => {
      draft.log += letter
      if (fails(operation)) throw new Planned()
    }
    switch (operation.kind) {
      case 'read':
        return { saw: logsOf(cells) }
      case 'update':
        return { left: logOf(cell, await whenFree(cell, (writer) => writer.update(append))) }
      case 'compareAndSet':
        return this.#compareAndSet(cell, operation, letter)
      case 'transaction':
        return this.#transaction(operation, append)
      default:
        return this.#handler(cell, operation, letter)
    }
  }

  async #compareAndSet(cell: Cell<Value>, operation: Operation, letter: string): Promise<Seen> {
    const { value, version } = cell
    for (let i = 0; i < operation.pauses; i++) await this.#pause()
    if (fails(operation)) throw new Planned()
    const next = { log: value.log + letter }
    const committed = await whenFree(cell, (writer) => writer.compareAndSet(version, next))
    return { committed, saw: logOf(cell, value), left: logOf(cell, next) }
  }

  async #transaction(operation: Operation, append: (draft: { log: string }) => void): Promise<Seen> {
    let saw: Logs = {}
    const values = await transactionOf(this.store)(operation.cells, (draft) => {
      const drafts: { [cell: string]: { log: string } } = draft
      saw = Object.fromEntries(operation.cells.map((name) => [name, (drafts[name] as Value).log]))
      for (const name of operation.cells) append(drafts[name] as { log: string })
    })
    const left = Object.fromEntries(operation.cells.map((name) => [name, (values[name] as Value).log]))
    return { saw, left }
  }

  async #handler(cell: Cell<Value>, operation: Operation, letter: string): Promise<Seen> {
    const { kind, fate } = operation
    let seen: Value | undefined
    let left: Value | undefined
    let hold: Hold<Value> | undefined
    const transition: Transition<Value, Step<Value>> = {
      run: async (state) => {
        for (let i = 0; i < operation.pauses; i++) await this.#pause()
        if (fate === 'throws') throw new Planned()
        if (fate === 'abandoned') hold?.release()
        seen = state
        if (kind === 'look') return {}
        return kind === 'recipe'
          ? { next: (draft) => void (draft.log += letter) }
          : { next: { log: state.log + letter } }
      },
      admit: () => (seen !== undefined && (fate === 'fenced' || fate === 'abandoned') ? new Planned() : undefined),
      committed: (_, state) => void (left = state),
      holding: (mine) => void (hold = mine),
    }
    const options: CommitOptions = { mode: kind === 'exclusive' ? 'exclusive' : 'retry', retries: 1 }
    await transact(cell, transition, options)
    return { saw: kind === 'recipe' ? {} : logOf(cell, seen), left: logOf(cell, left) }
  }
}

function fails({ fate }: Operation): boolean {
  return fate === 'throws' || fate === 'fenced' || fate === 'abandoned'
}

function isPlanned(error: unknown, { fate }: Operation): boolean {
  if (fate === 'invalid') return (error as { code?: unknown }).code === 'ERR_GENPOOL_INVALID'
  return error instanceof Planned
}

/** Returns the transaction function that waits for held cells, if the store has two functions. */
function transactionOf(
  store: Store,
): (...args: Parameters<Store['transaction']>) => MaybePromise<Record<string, unknown>> {
  const waiting = (store as Partial<SyncStore>).transactionWhenFree
  return (waiting ?? store.transaction).bind(store)
}

function logOf(cell: Cell<Value>, value: Value | undefined): Logs {
  return value === undefined ? {} : { [cell.key]: value.log }
}

function logsOf(cells: readonly Cell<Value>[]): Logs {
  return Object.fromEntries(cells.map(({ key, value }) => [key, value.log]))
}

/** Resolves when nothing more can happen until the next client continues. */
function quiet(): Promise<void> {
  return new Promise((resolve) => systemClock.defer(resolve))
}
