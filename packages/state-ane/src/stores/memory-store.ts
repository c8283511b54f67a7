import { OptionsError, parseOptions, StoppedError } from '@genpool/runtime'
import type { z } from 'zod'
import type { SyncHold } from '../cells/cell'
import type { MaybePromise } from '../cells/maybe-promise'
import { MemoryCell } from '../cells/memory-cell'
import { commit, prepare, type TransactionRecipe, type Values } from '../cells/transaction'
import type { Validator } from '../cells/validator'
import { type CellKey, ConflictError, InvalidError } from '../errors'
import { CellKeys } from './cell-keys'
import { type CellOptions, cellOptions, type storeOptions } from './options'
import type { SyncStore } from './store'

/** Several cells that are held. */
interface Held {
  readonly cells: readonly MemoryCell<unknown>[]
  readonly release: () => void
}

/** Cells in the memory of this process. */
export class MemoryStore implements SyncStore {
  readonly #cells = new Map<CellKey, MemoryCell<unknown>>()
  #destroyed = false

  readonly keys: CellKeys

  constructor(private readonly options: z.output<typeof storeOptions>) {
    this.keys = new CellKeys(options.size, options.cells)
  }

  get name(): string {
    return this.options.name
  }

  get size(): number | undefined {
    return this.keys.size
  }

  get destroyed(): boolean {
    return this.#destroyed
  }

  cell<S>(key: CellKey, options?: CellOptions<S>): MemoryCell<S> {
    this.#mustLive()
    const cell = this.#cells.get(key) as MemoryCell<S> | undefined
    if (cell === undefined) return this.#make(key, options)
    const { validate, history, initial } = checked(key, options)
    if (validate !== undefined) this.#checkBy(cell, validate as Validator<S>)
    if (history !== undefined && this.options.mode !== 'plain') cell.keep(history)
    if (initial !== undefined && cell.isEmpty) cell.begin(firstOf(key, initial))
    return cell
  }

  faultOfKey(key: CellKey): string | undefined {
    return this.keys.faultOf(key)
  }

  transaction(keys: readonly CellKey[], recipe: TransactionRecipe): Values {
    const cells = this.#all(keys)
    for (const cell of cells) if (cell.held) throw new ConflictError(cell.key, 'held')
    return this.#transact(cells, recipe)
  }

  transactionWhenFree(keys: readonly CellKey[], recipe: TransactionRecipe): MaybePromise<Values> {
    const cells = this.#all(keys)
    return cells.some((cell) => cell.held)
      ? this.holdingAll(keys, (held) => this.#transact(held, recipe))
      : this.#transact(cells, recipe)
  }

  get<S = unknown>(key: CellKey): S {
    return this.cell<S>(key).value
  }

  put(key: CellKey, value: unknown): void {
    const cell = this.cell(key)
    cell.compareAndSet(cell.version, value)
  }

  /** Forgets a cell that nobody has got. */
  drop(key: CellKey): void {
    this.#cells.delete(key)
  }

  clear(): void {
    this.#mustLive()
    for (const cell of this.#cells.values()) cell.forget()
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    for (const cell of this.#cells.values()) cell.destroy(this.options.name)
    this.#cells.clear()
  }

  #transact(cells: readonly MemoryCell<unknown>[], recipe: TransactionRecipe): Values {
    const [values, parts] = prepare(cells, recipe, false)
    commit(parts)
    return values
  }

  /** Runs `work` while it holds all these cells. */
  async holdingAll<T>(
    keys: readonly CellKey[],
    work: (cells: readonly MemoryCell<unknown>[]) => MaybePromise<T>,
  ): Promise<T> {
    const held = await this.holdAll(keys)
    try {
      return await work(held.cells)
    } finally {
      held.release()
    }
  }

  /** Waits for all these cells and holds them. */
  async holdAll(keys: readonly CellKey[]): Promise<Held> {
    const cells = this.#all(keys)
    const holds: SyncHold<unknown>[] = []
    const release = (): void => holds.forEach((hold) => hold.release())
    try {
      for (const cell of [...cells].sort(inOneOrder)) holds.push(await cell.hold())
      return { cells, release }
    } catch (error) {
      release()
      throw error
    }
  }

  #all(keys: readonly CellKey[]): MemoryCell<unknown>[] {
    this.#mustLive()
    this.keys.checkAll(keys)
    const distinct = [...new Set(keys)]
    if (new Set(distinct.map(String)).size < distinct.length) throw ambiguous(keys)
    return distinct.map((key) => this.cell(key))
  }

  #make<S>(key: CellKey, options: CellOptions<S> | undefined): MemoryCell<S> {
    this.keys.check(key)
    const own = checked(key, options)
    const validators = [this.options.validate, own.validate].filter((one) => one !== undefined) as Validator<S>[]
    const cell = new MemoryCell<S>(key, {
      initial: firstOf<S>(key, own.initial === undefined ? this.options.initial : own.initial),
      validators,
      history: this.options.mode === 'plain' ? 0 : (own.history ?? this.options.history),
      onWatcherError: this.options.onWatcherError,
    })
    this.#cells.set(key, cell as MemoryCell<unknown>)
    return cell
  }

  /** A cell has one validator of its own, from the first call of `cell` that brings one. */
  #checkBy<S>(cell: MemoryCell<S>, validator: Validator<S>): void {
    if (cell.isCheckedBy(validator)) return
    if (cell.checks > (this.options.validate === undefined ? 0 : 1)) throw tooLate(cell.key)
    cell.checkBy(validator)
  }

  #mustLive(): void {
    if (this.#destroyed) throw new StoppedError(this.options.name, false, 'destroy() was called')
  }
}

/** What `initial` stands for. */
function firstOf<S>(key: CellKey, initial: unknown): S {
  return (typeof initial === 'function' ? (initial as (key: CellKey) => unknown)(key) : initial) as S
}

/** @throws {OptionsError} if an option is wrong */
function checked(key: CellKey, options: object | undefined): z.output<typeof cellOptions> {
  return options === undefined ? {} : parseOptions(cellOptions, options, `options of cell "${key}"`)
}

function ambiguous(keys: readonly CellKey[]): InvalidError {
  const message = 'one key is given as a number and as a string, which a draft cannot tell apart'
  return new InvalidError('transaction', [{ path: [], message: `${message}: ${keys.join(', ')}` }])
}

function tooLate(key: CellKey): OptionsError {
  return new OptionsError(
    `Cell "${key}" has another validator already, which stays in force. Give the same function or schema each time: make it ` +
      'once, outside of what is called again. What all cells of a store must satisfy belongs into the options of the store.',
  )
}

/** A fixed order for all transactions, so that they cannot deadlock. */
function inOneOrder(a: MemoryCell<unknown>, b: MemoryCell<unknown>): number {
  if (typeof a.key !== typeof b.key) return typeof a.key === 'number' ? -1 : 1
  return a.key < b.key ? -1 : 1
}
