import { MOST_DEPTH } from '@genpool/runtime'
import { immerable, type Patch } from 'immer'
import { type CellKey, type Fault, InvalidError } from '../errors'
import { ENDED_DRAFT, isLeftDraft } from './ended-draft'
import { isBuiltIn } from './opaque/built-in'
import { PROTO_IS_NOT_SENT } from './proto-name'

/**
 * Refuses what a store that writes its commits could not read back, or not as it was: what is nested deeper than `MOST_DEPTH`
 * levels, what contains itself, functions, promises, symbols (also as names), and the name `__proto__`.
 *
 * @param known the value in whose place it comes; parts that it has at the same place are not looked into
 * @throws {InvalidError} with the path of the fault
 */
export function mustBeKept(key: CellKey, value: unknown, known?: unknown): void {
  if (isLookedAt(value)) refuse(key, new Look().at([], value, known))
}

/** The same for the values in patches. */
export function patchesMustBeKept(key: CellKey, patches: readonly Patch[]): void {
  const look = new Look()
  for (const { path, value } of patches) {
    const at = path.indexOf('__proto__')
    if (at >= 0) refuse(key, { path: path.slice(0, at), message: PROTO_IS_NOT_SENT })
    if (isLookedAt(value)) refuse(key, look.at(path, value, undefined))
  }
}

function refuse(key: CellKey, fault: Fault | undefined): void {
  if (fault !== undefined) throw new InvalidError(`commit to cell "${key}"`, [fault])
}

const TOO_DEEP = `it is nested more than ${MOST_DEPTH} levels deep, so it might not be read again. Keep it flatter, or as text`
const WITHIN_ITSELF =
  'it contains itself, so it cannot be written. Give the name or the place of the other part instead'

const SHARED =
  'it shows memory that threads share, and what they change there is no commit. Put a copy there, as in new Uint8Array(bytes)'

const PROMISE = 'it is a promise, which is not kept. Await it first'

/** To list the names of longer arrays takes more than to write them. Their elements are looked at, and names that are no indexes are not. */
const LONG = 10_000

/** A part may stand in many places. From this number on it is remembered which parts were looked into. */
const MANY = 1000

/** One look through values. */
class Look {
  /** The path to the part in hand, and the parts that lead to it. */
  readonly #path: PropertyKey[] = []
  readonly #within: object[] = []
  #looked = 0
  /** How deep each part was found; one that is found deeper is looked into again. */
  #seen: Map<object, number> | undefined

  at(path: readonly PropertyKey[], value: LookedAt, known: unknown): Fault | undefined {
    this.#path.length = 0
    this.#path.push(...path)
    return this.#fault(value, known)
  }

  #fault(value: LookedAt, known: unknown): Fault | undefined {
    if (typeof value !== 'object')
      return this.#is(`it is a ${typeof value}, which is not kept. Keep a name for it instead`)
    const depth = this.#path.length
    if (depth >= MOST_DEPTH) return this.#tooDeep()
    if (++this.#looked > MANY) {
      this.#seen ??= new Map()
      if ((this.#seen.get(value) ?? -1) >= depth) return undefined
      this.#seen.set(value, depth)
    }
    // In what its user has frozen.
    if (isLeftDraft(value)) return this.#is(`${ENDED_DRAFT}.`)
    if (ArrayBuffer.isView(value)) return isBuiltIn('SharedArrayBuffer', value.buffer) ? this.#is(SHARED) : undefined
    if (Object.hasOwn(value, '__proto__')) return this.#is(PROTO_IS_NOT_SENT)
    const symbol = symbolIn(value)
    // Node gives symbols to promises while it follows them.
    if (symbol !== undefined && isBuiltIn('Promise', value)) return this.#is(PROMISE)
    if (symbol !== undefined) return this.#is(`its name ${String(symbol)} is a symbol, which is not kept. Use a string`)
    this.#within.push(value)
    const fault = this.#inside(value, isObject(known) ? known : undefined)
    this.#within.pop()
    return fault
  }

  #tooDeep(): Fault {
    const again = this.#within.findIndex((part, i) => this.#within.indexOf(part) < i)
    if (again < 0) return this.#is(TOO_DEEP)
    return { path: this.#path.slice(0, this.#path.length - this.#within.length + again), message: WITHIN_ITSELF }
  }

  #inside(value: object, known: object | undefined): Fault | undefined {
    if (Object.getPrototypeOf(value) === Object.prototype) return this.#names(value, known)
    if (Array.isArray(value) && value.length > LONG) return this.#each(value.entries(), undefined)
    if (isBuiltIn('Map', value)) return this.#ofMap(value, known instanceof Map ? known : undefined)
    if (isBuiltIn('Set', value)) return this.#each([...value].entries(), undefined)
    if (!Array.isArray(value) && isBuiltIn('Promise', value)) return this.#is(PROMISE)
    const cause =
      value instanceof Error && isLookedAt(value.cause) ? this.#part('cause', value.cause, undefined) : undefined
    return cause ?? this.#names(value, known)
  }

  #names(value: object, known: object | undefined): Fault | undefined {
    for (const name of Object.keys(value)) {
      const part = (value as Record<string, unknown>)[name]
      if (!isLookedAt(part)) continue
      const fault = this.#part(name, part, (known as Record<string, unknown> | undefined)?.[name])
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #ofMap(map: ReadonlyMap<unknown, unknown>, known: ReadonlyMap<unknown, unknown> | undefined): Fault | undefined {
    const keys = [...map.keys()].filter(isLookedAt)
    return (
      this.#each(
        keys.map((key) => ['a key', key] as const),
        undefined,
      ) ?? this.#each(map, known)
    )
  }

  #each(
    parts: Iterable<readonly [unknown, unknown]>,
    known: ReadonlyMap<unknown, unknown> | undefined,
  ): Fault | undefined {
    for (const [name, part] of parts) {
      if (!isLookedAt(part)) continue
      const fault = this.#part(typeof name === 'number' ? name : String(name), part, known?.get(name))
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #part(name: PropertyKey, part: LookedAt, known: unknown): Fault | undefined {
    if (part === known) return undefined
    this.#path.push(name)
    const fault = this.#fault(part, known)
    this.#path.pop()
    return fault
  }

  #is(message: string): Fault {
    return { path: [...this.#path], message }
  }
}

/** The first enumerable property that is named by a symbol. Immer's own says what a class is. */
function symbolIn(value: object): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(value)
  if (symbols.length === 0) return undefined
  return symbols.find((symbol) => symbol !== immerable && Object.prototype.propertyIsEnumerable.call(value, symbol))
}

/** What may have a fault: all others are kept as they are. */
type LookedAt = object | symbol

function isLookedAt(value: unknown): value is LookedAt {
  return typeof value === 'object' ? value !== null : typeof value === 'function' || typeof value === 'symbol'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
