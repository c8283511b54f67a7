import {
  answerQuery,
  BaseActor,
  type ConcreteActor,
  type ConcreteParent,
  ExpiredError,
  findActor,
  NS_PER_MS,
  checkPlace,
  checkQueryTimeout,
  optionsOf,
  parseOptions,
  type Reference,
  refuse,
  refused,
  StoppedError,
  spawnActor,
  systemClock,
} from '@genpool/runtime'
import type { Draft } from 'immer'
import type { Ref } from 'nact'
import { z } from 'zod'
import { patching } from '../cells/apply-patches'
import { copyData } from '../cells/data'
import { type Cell, type Change, whenFree } from '../cells/cell'
import { committing } from '../cells/committing'
import { chain, isPromise, type MaybePromise } from '../cells/maybe-promise'
import { type CellKey, ConflictError, InvalidError } from '../errors'
import { createStore } from '../stores/create-store'
import { type CellOptions, cellOptions } from '../stores/options'
import type { Store } from '../stores/store'
import { type Changed, type CheckedMessage, checkMessage, type Snapshot, type StateMessage } from './messages'

/** A recipe that messages run by name. Its second argument comes from the message, so it is data from outside. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each recipe checks or declares its own argument
export type NamedRecipe<S> = (draft: Draft<S>, argument: any) => S | Draft<S> | void | undefined

/** The options of `spawnState`. */
export const stateOptions = z
  .strictObject({
    ...cellOptions.omit({ initial: true }).shape,
    recipes: z
      .record(
        z.string(),
        z.custom<NamedRecipe<never>>((value) => typeof value === 'function', 'expected a recipe'),
      )
      .default({})
      .describe('The recipes that `update` messages can run, by name.'),
    store: z
      .custom<Store>((value) => typeof (value as Store | null)?.cell === 'function', 'expected a store')
      .optional()
      .describe('The store that holds the state. Default: its own store, which ends with the actor.'),
    key: z.union([z.string(), z.int()]).default('state').describe('The cell of the store that holds the state.'),
  })
  .describe('Options of `spawnState`.')

/** Options of `spawnState`. All are optional. */
export interface StateOptions<S> extends Omit<CellOptions<S>, 'initial'> {
  readonly recipes?: Readonly<Record<string, NamedRecipe<S>>>
  readonly store?: Store
  readonly key?: CellKey
}

/** The address of a state actor. `__state` exists only for the compiler. */
export type StateRef<S> = Ref<StateMessage<S>> & { readonly __state?: S }

/**
 * Starts an actor that holds a state. Any nact actor can use it with messages: `read`, `update`, `patch`, `compareAndSet`,
 * `watch`, `unwatch`.
 *
 * A query is answered with the `{ value, version }` that its own commit has left, or rejects with a typed error; if it would
 * commit after its timeout, it is refused. A dispatch with a sender is answered by a message of type `answer` or `refused`. Watchers get a
 * message of type `changed` for each commit until they stop.
 *
 * @throws {OptionsError} if an option is wrong, the parent is none, or the name is taken or not allowed; {StoppedError} if the
 *   parent has stopped; {InvalidError} if `initial` cannot be a state. Nothing is created then
 * @example
 * const bank = spawnState(system, { money: 0 }, { recipes: { pay: (draft, amount: number) => { draft.money += amount } } }, 'bank')
 * await query(bank, () => ({ type: 'update', recipe: 'pay', argument: 5 }), 1000) // { value: { money: 5 }, version: 1 }
 */
export function spawnState<S>(
  parent: Ref<never>,
  initial: S,
  options: StateOptions<S> = {},
  name?: string,
): StateRef<S> {
  checkPlace('state', parent, name)
  const checked = parseOptions(stateOptions, options, optionsOf('state', name))
  const { store, key, recipes, validate, history } = checked
  const own = store === undefined ? createStore({ name: `state "${name ?? ''}"` }) : undefined
  const given = { ...(validate === undefined ? {} : { validate }), ...(history === undefined ? {} : { history }) }
  const cell = (store ?? (own as Store)).cell<S>(key, { initial: () => initial, ...given } as CellOptions<S>)
  const named = new Map(Object.entries(recipes)) as unknown as Map<string, NamedRecipe<S>>
  const actor = spawnActor(parent, (above) => new StateActor<S>(above, name, { cell, recipes: named, own }))
  return actor.reference as unknown as StateRef<S>
}

interface Setup<S> {
  readonly cell: Cell<S>
  readonly recipes: ReadonlyMap<string, NamedRecipe<S>>
  /** The actor's own store, which ends with it; undefined if it uses another store. */
  readonly own: Store | undefined
}

class StateActor<S> extends BaseActor {
  readonly #setup: Setup<S>
  readonly #watchers = new Map<ConcreteActor, () => void>()

  constructor(parent: ConcreteParent, name: string | undefined, setup: Setup<S>) {
    super(parent, name)
    this.#setup = setup
  }

  protected override receive(message: unknown, sender: Reference): void {
    const answer = (content: object): void => findAsActor(sender)?.dispatch(content, this.reference)
    const refuse = (error: unknown): void => answer({ type: 'refused', error })
    try {
      const done = this.#handle(message, sender, () => undefined)
      if (isPromise(done)) done.then((snapshot) => answer({ type: 'answer', ...snapshot }), refuse)
      else answer({ type: 'answer', ...done })
    } catch (error) {
      refuse(error)
    }
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return answerQuery(message, this.system, (given) => this.#query(given, timeout))
  }

  #query(message: unknown, timeout: number): Promise<unknown> {
    try {
      checkQueryTimeout(timeout)
    } catch (error) {
      return refused(error)
    }
    const from = systemClock.now()
    const until = from + timeout * NS_PER_MS
    let started = false
    const expired = (): ExpiredError =>
      new ExpiredError(this.name, (systemClock.now() - from) / NS_PER_MS, started, undefined, timeout, started)
    const admit = (): ExpiredError | undefined => {
      if (systemClock.now() > until) return expired()
      started = true
      return undefined
    }
    let done: MaybePromise<Snapshot<S>>
    try {
      done = this.#handle(message, undefined, admit)
    } catch (error) {
      return refused(error)
    }
    if (!isPromise(done)) return Promise.resolve(done)
    const late = done
    return new Promise((resolve, reject) => {
      const timer = systemClock.setTimer(until, () => reject(expired()))
      void late.then(resolve, (error: unknown) => refuse(reject, error)).then(() => timer.cancel())
    })
  }

  protected override onStopped(): void {
    for (const leave of this.#watchers.values()) leave()
    this.#watchers.clear()
    this.#setup.own?.destroy()
  }

  #handle(message: unknown, sender: Reference | undefined, admit: () => Error | undefined): MaybePromise<Snapshot<S>> {
    const checked = checkMessage(message)
    switch (checked.type) {
      case 'read':
        return this.#snapshot()
      case 'watch':
        return this.#watch(watcherOf(checked, sender))
      case 'unwatch':
        return this.#unwatch(watcherOf(checked, sender))
      default:
        return this.#commit(checked, admit)
    }
  }

  #commit(
    message: Exclude<CheckedMessage, { type: 'read' | 'watch' | 'unwatch' }>,
    admit: () => Error | undefined,
  ): MaybePromise<Snapshot<S>> {
    const change = this.#changeOf(message)
    const { cell } = this.#setup
    const done = whenFree(cell, (writer) => {
      const refusal = admit() ?? (this.stopped ? new StoppedError(this.name) : undefined)
      if (refusal !== undefined) throw refusal
      return committing(cell, writer, change)
    })
    return chain(done, ({ value, version, done }) =>
      message.type === 'compareAndSet' ? { value, version, done } : { value, version },
    )
  }

  /** Turns a message into a change of the cell. The message is checked completely before it waits for the cell. */
  #changeOf(message: Exclude<CheckedMessage, { type: 'read' | 'watch' | 'unwatch' }>): Change<S> {
    const { cell, recipes } = this.#setup
    if (message.type === 'compareAndSet') return { version: message.version, next: copyOf(message.next) as S }
    if (message.type === 'update') {
      const recipe = recipes.get(message.recipe)
      if (recipe === undefined) throw unknownRecipe(message.recipe, [...recipes.keys()])
      return { recipe: (draft) => recipe(draft, message.argument) }
    }
    const recipe = patching<S>(message.patches)
    if (message.base < cell.version) throw new ConflictError(cell.key, 'stale')
    return { recipe, base: message.base }
  }

  #snapshot(): Snapshot<S> {
    const { value, version } = this.#setup.cell
    return { value, version }
  }

  #watch(watcher: ConcreteActor): Snapshot<S> {
    if (!this.#watchers.has(watcher)) {
      const leave = this.#setup.cell.watch((value, version, patches, inversePatches) => {
        if (watcher.stopped) return void this.#unwatch(watcher)
        const changed: Changed<S> = { type: 'changed', value, version, patches, inversePatches }
        watcher.dispatch(changed, this.reference)
      })
      this.#watchers.set(watcher, leave)
    }
    return this.#snapshot()
  }

  #unwatch(watcher: ConcreteActor): Snapshot<S> {
    this.#watchers.get(watcher)?.()
    this.#watchers.delete(watcher)
    return this.#snapshot()
  }
}

/** Finds the actor itself. Its address would also reach a later actor with the same name. */
function watcherOf(
  message: { readonly watcher?: Ref<never> | undefined },
  sender: Reference | undefined,
): ConcreteActor {
  const reference = (message.watcher as Reference | undefined) ?? sender
  const actor = reference === undefined ? undefined : findAsActor(reference)
  if (actor !== undefined && typeof actor.stop === 'function') return actor
  throw new InvalidError('message to a state', [
    { path: ['watcher'], message: 'it is not a running actor. Dispatch the message from an actor, or pass one' },
  ])
}

/** Finds what an address refers to, if it accepts messages. */
function findAsActor(reference: Reference): ConcreteActor | undefined {
  const found = findActor(reference)
  return found !== undefined && 'dispatch' in found ? found : undefined
}

function copyOf(next: unknown): unknown {
  try {
    return copyData(next)
  } catch (error) {
    throw new InvalidError('message to a state', [{ path: ['next'], message: (error as Error).message }])
  }
}

function unknownRecipe(name: string, known: readonly string[]): InvalidError {
  const message = `there is no recipe "${name}". Known recipes: ${known.join(', ') || 'none'}`
  return new InvalidError('message to a state', [{ path: ['recipe'], message }])
}
