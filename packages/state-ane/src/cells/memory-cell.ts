import type { Patch } from 'immer'
import { StoppedError, wrongArgument } from '@genpool/runtime'
import { type CellKey, ConflictError } from '../errors'
import { checkVersion } from './check-version'
import type { Recipe, SyncCell, SyncHold, Watcher } from './cell'
import { type CellCondition, DESTROYED } from './condition'
import { diff } from './diff'
import { History } from './history'
import { MemoryHold } from './memory-hold'
import { mustBeState } from './must-be-state'
import { frozen } from './frozen'
import { patched } from './patched'
import { frozenState, produce, produceWithPatches } from './produce'
import { Turns } from './turns'
import { check, type Validator } from './validator'
import { rethrowLater, Watchers } from './watchers'

/** What a store gives a new cell. */
export interface CellSetup<S> {
  readonly initial: S
  /** Run in this order. */
  readonly validators: readonly Validator<S>[]
  /** The number of past values to keep for `patchesSince`. */
  readonly history: number
  readonly onWatcherError?: ((error: unknown) => void) | undefined
}

/** A change that is computed and checked, and only needs to be put in place. */
export interface Prepared<S> {
  readonly next: S
  readonly patches: readonly Patch[] | undefined
  readonly inverse: readonly Patch[] | undefined
}

const NO_PATCHES: readonly Patch[] = []

/** A cell in the memory of this process. */
export class MemoryCell<S> implements SyncCell<S> {
  value: S
  version = 0
  #validators: readonly Validator<S>[]
  /** Made with the first commit. */
  #history: History<S> | undefined
  #keeps: number
  readonly #onWatcherError: (error: unknown) => void
  /** Made on first use, so that a cell without holds or watchers stays small. */
  #turns: Turns<MemoryHold<S>> | undefined
  #watchers: Watchers<S> | undefined
  /** Only of one whose store was destroyed. */
  declare condition?: () => CellCondition

  constructor(
    readonly key: CellKey,
    { initial, validators, history, onWatcherError }: CellSetup<S>,
  ) {
    this.#validators = validators
    this.#history = undefined
    this.#keeps = history
    this.#onWatcherError = onWatcherError ?? rethrowLater
    this.value = this.first(initial)
  }

  /**
   * Gives a first value to a cell that is empty. Watchers have seen it empty: they are told of its version 0.
   *
   * @throws {InvalidError} if a validator refuses it or it cannot be a state; the cell stays empty
   */
  begin(initial: S): void {
    const before = this.value
    const value = (this.value = this.first(initial))
    if (!this.watched) return
    this.#watchers?.startAt(this.version - 1)
    this.#watchers?.push({ value, version: this.version, patches: diff(before, value), inverse: diff(value, before) })
    this.tell()
  }

  private first(initial: S): S {
    this.validate(initial, 'first value of')
    return frozenState(this.key, initial)
  }

  /** How many validators check it. */
  get checks(): number {
    return this.#validators.length
  }

  isCheckedBy(validator: Validator<S>): boolean {
    return this.#validators.includes(validator)
  }

  /** Checks every value from now on. @throws {InvalidError} if its value is refused; nothing changes. An empty cell has none yet */
  checkBy(validator: Validator<S>): void {
    if (!this.isEmpty) check(this.key, validator, this.value, 'value of')
    this.#validators = [...this.#validators, validator]
  }

  /** Keeps at least so many past values. Those of before are forgotten if it kept fewer. */
  keep(history: number): void {
    if (history <= this.#keeps) return
    this.#keeps = history
    this.#history = undefined
  }

  /** Whether it was made without a first value, and nothing was committed since. */
  get isEmpty(): boolean {
    return this.version === 0 && this.value === undefined
  }

  get held(): boolean {
    return this.#turns?.taken === true
  }

  /** Whether the cell has watchers, which want patches with every commit. */
  get watched(): boolean {
    return this.#watchers !== undefined && this.#watchers.size > 0
  }

  update(recipe: Recipe<S>): S {
    if (this.#turns?.taken === true) throw new ConflictError(this.key, 'held')
    return this.applyRecipe(recipe)
  }

  compareAndSet(version: number, next: S): boolean {
    if (this.#turns?.taken === true) throw new ConflictError(this.key, 'held')
    return this.applyValue(version, next)
  }

  patch(patches: readonly Patch[]): S | undefined {
    if (this.#turns?.taken === true) throw new ConflictError(this.key, 'held')
    if (!Array.isArray(patches)) {
      throw wrongArgument({ of: 'patch of a cell', argument: 'patches', expected: 'a list of patches' }, patches)
    }
    const { version, value } = this
    const change = patched(value, patches)
    if (change === null) return undefined
    const { next, inverse } = change
    this.validate(next)
    // Named one by one: to spread it took V8 four fifths of a commit of a counter.
    return this.#commit(version, { next, patches, inverse })
  }

  hold(): SyncHold<S> | Promise<SyncHold<S>> {
    this.#turns ??= new Turns()
    return this.#turns.take(new MemoryHold(this, this.#turns))
  }

  private get kept(): History<S> | undefined {
    return this.#keeps > 0 ? (this.#history ??= new History(this.#keeps)) : undefined
  }

  watch(watcher: Watcher<S>): () => void {
    this.#watchers ??= new Watchers(this.#onWatcherError)
    return this.#watchers.add(watcher, this.version)
  }

  patchesSince(version: number): readonly Patch[] | undefined {
    checkVersion('patchesSince', version)
    if (this.kept !== undefined) return this.kept.patchesSince(version, this.version, this.value)
    return version === this.version ? NO_PATCHES : undefined
  }

  /** `update` without the check for a hold: for the holder, or for a free cell. */
  applyRecipe(recipe: Recipe<S>): S {
    const { version, value } = this
    if (this.watched) {
      const [next, patches, inverse] = produceWithPatches(this.key, value, recipe)
      if (Object.is(next, value)) return value
      this.validate(next)
      return this.#commit(version, { next, patches, inverse })
    }
    const next = produce(this.key, value, recipe)
    if (Object.is(next, value)) return value
    if (this.#validators.length > 0) this.validate(next)
    if (this.version !== version) throw new ConflictError(this.key, 'nested')
    this.#put(next)
    return next
  }

  /** `compareAndSet` without the check for a hold. */
  applyValue(version: number, next: S): boolean {
    if (version !== this.version) return isOther(version)
    if (Object.is(next, this.value)) return true
    this.validate(next)
    const inverse = this.value
    frozenState(this.key, next, inverse)
    if (this.watched) this.#commit(version, replacement(next, inverse))
    else {
      if (this.version !== version) throw new ConflictError(this.key, 'nested')
      this.#put(next)
    }
    return true
  }

  /** Puts a prepared change in place. `tell` calls the watchers later, when all cells of a transaction are in place. */
  put({ next, patches, inverse }: Prepared<S>): void {
    const before = this.value
    this.#put(next)
    if (!this.watched) return
    const whole = patches === undefined || inverse === undefined ? replacement(next, before) : undefined
    this.#watchers?.push({
      value: next,
      version: this.version,
      patches: patches ?? whole?.patches ?? NO_PATCHES,
      inverse: inverse ?? whole?.inverse ?? NO_PATCHES,
    })
  }

  /** Calls the watchers for each change that `put` made. */
  tell(): void {
    this.#watchers?.flush()
  }

  /** @throws {InvalidError} if a validator refuses `next` or it cannot be a state; nothing is changed */
  validate(next: S, what?: string): void {
    mustBeState(this.key, next, what)
    for (const validator of this.#validators) check(this.key, validator, next, what)
  }

  /** Sets the value and version that a journal has kept. */
  restore(version: number, value: S): void {
    this.value = frozen(value)
    this.version = version
    this.#history?.clear()
  }

  /** Puts a value in place that was committed elsewhere, perhaps in several steps. `tell` calls the watchers. */
  arrive(version: number, value: S): void {
    const before = this.value
    const last = this.version
    if (version === last + 1) this.kept?.push(last, before)
    else this.#history?.clear()
    this.value = frozen(value, before)
    this.version = version
    if (!this.watched) return
    if (version <= last) this.#watchers?.startAt(version - 1)
    this.#watchers?.push({ value, version, patches: diff(before, value), inverse: diff(value, before) })
  }

  /** Drops the past values. */
  forget(): void {
    this.#history?.clear()
  }

  /** Makes every later use an error. `value` becomes an accessor only here: until then, reading it is a plain field read. */
  destroy(target: string): void {
    const so = `its cell "${this.key}" can be neither read nor changed`
    const error = (): StoppedError => new StoppedError(target, false, 'destroy() was called', { so })
    this.#watchers?.clear()
    this.#history?.clear()
    this.#turns ??= new Turns()
    this.#turns.close(error())
    const refuse = (): never => {
      throw error()
    }
    for (const name of ['value', 'version', 'held'] as const) Object.defineProperty(this, name, { get: refuse })
    for (const name of ['update', 'compareAndSet', 'patch', 'hold', 'watch', 'patchesSince'] as const)
      this[name] = refuse
    for (const name of ['applyRecipe', 'applyValue', 'put'] as const) this[name] = refuse
    this.condition = () => ({ waitingMs: 0, failures: 0, lastFailure: undefined, fault: DESTROYED })
  }

  #commit(version: number, prepared: Prepared<S>): S {
    if (this.version !== version) throw new ConflictError(this.key, 'nested')
    this.put(prepared)
    this.tell()
    return prepared.next
  }

  #put(next: S): void {
    this.kept?.push(this.version, this.value)
    this.value = next
    this.version += 1
  }
}

/** Returns false, for a version that is another one. @throws {OptionsError} if it is none */
function isOther(version: unknown): false {
  checkVersion('compareAndSet', version)
  return false
}

function replacement<S>(next: S, before: S): Prepared<S> {
  return {
    next,
    patches: [{ op: 'replace', path: [], value: next }],
    inverse: [{ op: 'replace', path: [], value: before }],
  }
}
