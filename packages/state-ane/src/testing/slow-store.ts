import type { Patch } from 'immer'
import { parseOptions, StoppedError, wrongArgument, WRITTEN } from '@genpool/runtime'
import { checkVersion } from '../cells/check-version'
import { z } from 'zod'
import {
  type After,
  type Cell,
  type Change,
  type Hold,
  holding,
  type Recipe,
  type SyncHold,
  type Watcher,
} from '../cells/cell'
import { committing } from '../cells/committing'
import { History } from '../cells/history'
import type { MemoryCell, Prepared } from '../cells/memory-cell'
import { rethrowLater, Watchers } from '../cells/watchers'
import type { TransactionRecipe, Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import { GroupCommit } from '../groups/group-commit'
import type { Batch } from '../groups/speculation'
import { changing, settingAt, updating } from '../groups/works'
import { MemoryStore } from '../stores/memory-store'
import { type CellOptions, storeOptions } from '../stores/options'
import type { Store } from '../stores/store'
import type { ContractOptions } from './store-factory'

const slowStoreOptions = z.strictObject({
  onWatcherError: z
    .custom<ContractOptions['onWatcherError']>((value) => typeof value === 'function', 'expected a function')
    .optional(),
})

const MOST_CLIENTS = 1000

/** How many turns of the microtask queue each message takes. Any irregular list works. */
const DELAYS = [0, 3, 1, 6, 2, 0, 4]
const HISTORY = 8

/** Delivers what was put in, late and in order. */
class Line {
  #sent = 0
  #last: Promise<void> = Promise.resolve()

  send<T>(action: () => T | PromiseLike<T>): Promise<T> {
    const arrived = this.#last.then(() => this.#travel())
    this.#last = arrived
    return arrived.then(action)
  }

  async #travel(): Promise<void> {
    const turns = DELAYS[this.#sent++ % DELAYS.length] as number
    for (let i = 0; i < turns; i++) await Promise.resolve()
  }
}

/**
 * A store that behaves like a remote one: commits are promises, and readers may see old values.
 *
 * Recipes run at this end. What those that wait come to goes to the other end in one message, which is refused if somebody else has
 * committed meanwhile: then they run again. Holds and transactions are at the other end.
 *
 * Use it to test code that works with stores. It needs no timers, and takes the same time in every run.
 */
export function slowStore(options: Partial<ContractOptions> = {}): Store {
  const { onWatcherError = rethrowLater } = parseOptions(slowStoreOptions, options, 'options of slowStore')
  return slowStores(1, { onWatcherError })[0] as Store
}

/** Several clients of one remote store. Ending one of them ends all. */
export function slowStores(clients: number, options: Partial<ContractOptions> = {}): readonly Store[] {
  if (!Number.isSafeInteger(clients) || clients < 1 || clients > MOST_CLIENTS) {
    throw wrongArgument(
      { of: 'slowStores', argument: 'clients', expected: `a number from 1 to ${MOST_CLIENTS}` },
      clients,
    )
  }
  const { onWatcherError = rethrowLater } = parseOptions(slowStoreOptions, options, 'options of slowStores')
  const far = new MemoryStore(storeOptions.parse({}))
  return Array.from({ length: clients }, () => new SlowStore(far, onWatcherError))
}

class SlowStore implements Store {
  readonly #cells = new Map<CellKey, SlowCell<never>>()
  readonly #up = new Line()
  readonly #down = new Line()
  /** The changes of one turn travel together, so that no reader sees half of a transaction. */
  #batch: { readonly put: () => void; readonly tell: () => void }[] | undefined

  constructor(
    private readonly far: MemoryStore,
    private readonly onWatcherError: (error: unknown) => void,
  ) {}

  get destroyed(): boolean {
    return this.far.destroyed
  }

  cell<S>(key: CellKey, options?: CellOptions<S>): Cell<S> {
    const far = this.far.cell(key, options)
    let cell = this.#cells.get(key) as SlowCell<S> | undefined
    if (cell === undefined) {
      cell = new SlowCell(far, this, this.onWatcherError)
      this.#cells.set(key, cell as unknown as SlowCell<never>)
    }
    return cell
  }

  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Promise<Values> {
    this.far.keys.checkAll(keys)
    for (const key of keys) this.cell(key)
    return this.ask(() => this.far.transactionWhenFree(keys, recipe))
  }

  clear(): void {
    this.far.clear()
    for (const cell of this.#cells.values()) cell.forget()
  }

  destroy(): void {
    this.far.destroy()
    for (const cell of this.#cells.values()) cell.end()
  }

  /** Runs an action at the far end and returns its result. */
  async ask<T>(action: () => T | PromiseLike<T>): Promise<T> {
    const outcome = await this.#up.send(async () => settled(action))
    await this.#down.send(() => undefined)
    if (this.destroyed) throw stopped()
    return outcome()
  }

  /** Delivers a change to this end. */
  bring(change: { readonly put: () => void; readonly tell: () => void }): void {
    if (this.#batch !== undefined) return void this.#batch.push(change)
    const batch = (this.#batch = [change])
    queueMicrotask(() => (this.#batch = undefined))
    void this.#down.send(() => {
      if (this.destroyed) return
      for (const { put } of batch) put()
      for (const { tell } of batch) tell()
    })
  }
}

class SlowCell<S> implements Cell<S> {
  readonly #history = new History<S>(HISTORY)
  readonly #watchers: Watchers<S>
  readonly #group: GroupCommit
  #value: S
  #version: number

  constructor(
    private readonly far: MemoryCell<S>,
    private readonly store: SlowStore,
    onWatcherError: (error: unknown) => void,
  ) {
    this.#watchers = new Watchers(onWatcherError)
    this.#value = far.value
    this.#version = far.version
    this.#group = new GroupCommit({
      acquire: () => () => undefined,
      cells: () => [
        { key: far.key, value: this.#value, version: this.#version, validate: (next) => far.validate(next as S) },
      ],
      shared: true,
      write: (batch) => store.ask(() => holding(far, () => this.#arrive(batch))),
    })
    far.watch((...change) => store.bring({ put: () => this.#put(...change), tell: () => this.#watchers.flush() }))
  }

  get key(): CellKey {
    return this.far.key
  }

  get value(): S {
    this.#mustLive()
    return this.#value
  }

  get version(): number {
    this.#mustLive()
    return this.#version
  }

  /** Commits wait at the far end by themselves. */
  get held(): boolean {
    return false
  }

  update(recipe: Recipe<S>): Promise<S> {
    return this.#group.commit(updating(recipe))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.#group.commit(settingAt(version, next))
  }

  commit(change: Change<S>): Promise<After<S>> {
    return this.#group.commit(changing(change))
  }

  async hold(): Promise<Hold<S>> {
    const hold = await this.store.ask(() => this.far.hold())
    return new SlowHold(hold, this.far, this.store)
  }

  watch(watcher: Watcher<S>): () => void {
    this.#mustLive()
    return this.#watchers.add(watcher, this.#version)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    this.#mustLive()
    checkVersion('patchesSince', version)
    return this.#history.patchesSince(version, this.#version, this.#value)
  }

  forget(): void {
    this.#history.clear()
  }

  end(): void {
    this.#group.stop(stopped)
  }

  /** At the other end: commits if nobody else has committed. */
  #arrive({ commits, cells }: Batch): boolean {
    if (this.far.version !== cells[0]?.from) return false
    for (const { change } of commits.flat()) this.far.put(change as Prepared<S>)
    this.far.tell()
    return true
  }

  #put(value: S, version: number, patches: readonly Patch[], inverse: readonly Patch[]): void {
    this.#history.push(this.#version, this.#value)
    this.#value = value
    this.#version = version
    this.#watchers.push({ value, version, patches, inverse })
  }

  #mustLive(): void {
    if (this.store.destroyed) throw stopped()
  }
}

class SlowHold<S> implements Hold<S> {
  constructor(
    private readonly far: SyncHold<S>,
    private readonly cell: MemoryCell<S>,
    private readonly store: SlowStore,
  ) {}

  update(recipe: Recipe<S>): Promise<S> {
    return this.store.ask(() => this.far.update(recipe))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.store.ask(() => this.far.compareAndSet(version, next))
  }

  commit(change: Change<S>): Promise<After<S>> {
    return this.store.ask(() => committing(this.cell, this.far, change))
  }

  release(): void {
    void this.store.ask(() => this.far.release()).catch(() => undefined)
  }
}

/** Wraps the result of an action, to be unwrapped at the other end. */
async function settled<T>(action: () => T | PromiseLike<T>): Promise<() => T> {
  try {
    const value = await action()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function stopped(mayBeCommitted = false): StoppedError {
  return new StoppedError(
    'store',
    mayBeCommitted,
    'destroy() was called',
    undefined,
    mayBeCommitted ? WRITTEN : undefined,
  )
}
