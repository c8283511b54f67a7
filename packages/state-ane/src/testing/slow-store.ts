import type { Patch } from 'immer'
import { parseOptions, StoppedError } from '@genpool/runtime'
import { z } from 'zod'
import { type Cell, type Hold, type Recipe, type SyncCell, type SyncHold, type Watcher, whenFree } from '../cells/cell'
import { History } from '../cells/history'
import { rethrowLater, Watchers } from '../cells/watchers'
import type { TransactionRecipe, Values } from '../cells/transaction'
import type { CellKey } from '../errors'
import { createStore } from '../stores/create-store'
import { checkKeys } from '../stores/memory-store'
import type { CellOptions } from '../stores/options'
import type { Store, SyncStore } from '../stores/store'
import type { ContractOptions } from './contract/law'

const slowStoreOptions = z.strictObject({
  onWatcherError: z
    .custom<ContractOptions['onWatcherError']>((value) => typeof value === 'function', 'expected a function')
    .optional(),
})

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
 * Use it to test code that works with stores. It needs no timers, and takes the same time in every run.
 */
export function slowStore(options: Partial<ContractOptions> = {}): Store {
  const { onWatcherError } = parseOptions(slowStoreOptions, options, 'options of slowStore')
  return new SlowStore(createStore(), onWatcherError ?? rethrowLater)
}

class SlowStore implements Store {
  readonly #cells = new Map<CellKey, SlowCell<never>>()
  readonly #up = new Line()
  readonly #down = new Line()
  /** The changes of one turn travel together, so that no reader sees half of a transaction. */
  #batch: { readonly put: () => void; readonly tell: () => void }[] | undefined

  constructor(
    private readonly far: SyncStore,
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
    checkKeys(keys, this.far.size)
    for (const key of keys) this.cell(key)
    return this.ask(() => this.far.transactionWhenFree(keys, recipe))
  }

  clear(): void {
    this.far.clear()
    for (const cell of this.#cells.values()) cell.forget()
  }

  destroy(): void {
    this.far.destroy()
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
  #value: S
  #version: number

  constructor(
    private readonly far: SyncCell<S>,
    private readonly store: SlowStore,
    onWatcherError: (error: unknown) => void,
  ) {
    this.#watchers = new Watchers(onWatcherError)
    this.#value = far.value
    this.#version = far.version
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
    return this.store.ask(() => whenFree(this.far, (writer) => writer.update(recipe)))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.store.ask(() => whenFree(this.far, (writer) => writer.compareAndSet(version, next)))
  }

  async hold(): Promise<Hold<S>> {
    const hold = await this.store.ask(() => this.far.hold())
    return new SlowHold(hold, this.store)
  }

  watch(watcher: Watcher<S>): () => void {
    this.#mustLive()
    return this.#watchers.add(watcher, this.#version)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    this.#mustLive()
    return this.#history.patchesSince(version, this.#version, this.#value)
  }

  forget(): void {
    this.#history.clear()
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
    private readonly store: SlowStore,
  ) {}

  update(recipe: Recipe<S>): Promise<S> {
    return this.store.ask(() => this.far.update(recipe))
  }

  compareAndSet(version: number, next: S): Promise<boolean> {
    return this.store.ask(() => this.far.compareAndSet(version, next))
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

function stopped(): StoppedError {
  return new StoppedError('store', false, 'destroy() was called')
}
