import { isGenPoolError } from '@genpool/runtime'
import { inspect } from 'node:util'

type Callable = (...args: unknown[]) => unknown

/** A function as a user finds it, and arguments that it accepts: one wrong value after another takes the place of each. */
export interface Subject {
  readonly name: string
  readonly run: Callable
  /** Made for each call, since a call may use them up. */
  readonly good?: (() => readonly unknown[]) | undefined
  /** How an error may speak of the function, if not by its name. */
  readonly speaksOf?: RegExp | undefined
}

export type Values = Readonly<Record<string, unknown>>

class Instance {
  readonly field = 1
}

const TRAPS = ['get', 'set', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'isExtensible'] as const
const hostile = (target: object): unknown =>
  new Proxy(
    target,
    Object.fromEntries(
      TRAPS.map((trap) => [
        trap,
        () => {
          throw new Error('hands off')
        },
      ]),
    ),
  )

/** What is wrong with the arguments; other codes are outcomes of a call that was accepted, or of an actor that has stopped. */
const REFUSALS: readonly string[] = ['ERR_GENPOOL_OPTIONS', 'ERR_GENPOOL_INVALID']

/** Values of every kind. Few places expect any of them. */
export function anyValues(): Values {
  return {
    undefined,
    null: null,
    zero: 0,
    minus: -1,
    half: 0.5,
    NaN,
    infinite: Infinity,
    bigint: 10n,
    true: true,
    'empty string': '',
    string: 'x',
    'string with a space': 'a b',
    symbol: Symbol('s'),
    'empty object': {},
    'object of numbers': { a: 1 },
    'object without prototype': Object.create(null),
    'bare object that looks like an address': Object.assign(Object.create(null), {
      system: Object.create(null),
      path: Object.create(null),
      type: 'actor',
    }),
    'system that is no string': { system: { name: Symbol('s') }, path: { parts: 5 }, type: 'actor', name: 'x' },
    'empty address': { system: undefined, path: undefined, type: 'actor' },
    proxy: hostile({}),
    'callable proxy': hostile(() => undefined),
    function: () => undefined,
    class: Instance,
    'class instance': new Instance(),
    'empty array': [],
    array: [undefined, 1],
    promise: Promise.resolve(1),
    date: new Date(0),
    map: new Map(),
    error: new Error('e'),
  }
}

/** The functions of a module, those in its objects included, except the ones that are exempt. Classes are constructed. */
export function subjectsOf(module: object, exempt: Readonly<Record<string, string>> = {}): readonly Subject[] {
  return Object.entries(module).flatMap(([name, value]) => {
    if (name in exempt) return []
    if (typeof value === 'function') return [{ name, run: runnable(value as Callable) }]
    if (!isPlainObject(value)) return []
    const inside = Object.entries(value).filter((entry): entry is [string, Callable] => typeof entry[1] === 'function')
    return inside.map(([key, run]) => ({ name: `${name}.${key}`, run }))
  })
}

function runnable(value: Callable): Callable {
  if (!/^class\b/.test(Function.prototype.toString.call(value))) return value
  return (...args) => Reflect.construct(value, args) as unknown
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Calls a function with all values in its first two places, and with each in each place of good arguments. Returns what is wrong. */
export async function faultsOf(subject: Subject, values: Values): Promise<readonly string[]> {
  /** The first call with each fault. */
  const faults = new Map<string, string>()
  const { name, run, good, speaksOf = new RegExp(`\\b${name.replace('.', '\\.')}\\b`) } = subject
  const judge = (names: string, error: unknown): void => {
    // A class where a function is expected: the callback itself failed.
    if (/cannot be invoked without 'new'/.test(String((error as Error | undefined)?.message))) return
    const fault = isGenPoolError(error)
      ? !REFUSALS.includes(error.code) || speaksOf.test(error.message)
        ? undefined
        : `does not name it: ${error.message}`
      : `fails with ${shown(error)}`
    if (fault !== undefined && !faults.has(fault)) faults.set(fault, `${name}(${names}) ${fault}`)
  }
  const attempt = (names: string, args: readonly unknown[]): void => {
    try {
      const result = run(...args)
      if (args.includes(result)) return
      const promises = [result, ...Object.values(isPlainObject(result) ? result : {})].filter(
        (one) => one instanceof Promise,
      )
      for (const promise of promises) promise.catch((error: unknown) => judge(names, error))
      if (typeof result === 'function' && result.length === 0) (result as Callable)()
    } catch (error) {
      judge(names, error)
    }
  }
  const entries = Object.entries(values)
  attempt('', [])
  for (const [a, first] of entries) {
    attempt(a, [first])
    for (const [b, second] of entries) attempt(`${a}, ${b}`, [first, second])
  }
  const places = good?.().length ?? 0
  for (const [a, value] of entries) {
    for (let place = 0; place < places; place++)
      attempt(`good with ${a} at ${place}`, (good?.() ?? []).with(place, value))
  }
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  return [...faults.values()].slice(0, 12)
}

function shown(error: unknown): string {
  return error instanceof Error
    ? `a bare ${error.name}: ${error.message} ${error.stack?.split('\n').find((l) => l.includes('/src/')) ?? ''}`
    : inspect(error)
}
