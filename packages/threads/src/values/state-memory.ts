import { MOST_DEPTH } from '@genpool/runtime'
import { types } from 'node:util'
import type { Transferable } from './transfer'

/** The memory in a part of a state. */
interface Found {
  readonly memory: readonly unknown[]
  /** Whether the part is frozen with all that it has: it will never have other memory. */
  readonly isFixed: boolean
}

const NOTHING: Found = { memory: [], isFixed: true }
/** Part of a part that is being looked at, or found in another place: nothing more is found there. */
const SEEN: Found = { memory: [], isFixed: false }

/**
 * Keeps the memory of a state where it is: a state cannot be changed in place, and to move its memory would empty it.
 *
 * Plain objects, lists, maps, sets and what is frozen are looked into. Of a large state only what has changed is.
 */
export class StateMemory {
  readonly #known = new WeakMap<object, Found>()

  /** @param state the state as it is now */
  constructor(private readonly state: () => unknown) {}

  /** What of a list is moved; the memory of the state is copied instead. Undefined for nothing. */
  movable(list: readonly Transferable[]): readonly Transferable[] | undefined {
    if (!list.some(types.isArrayBuffer)) return list
    const { memory } = this.#in(this.state(), 0, new Set())
    if (memory.length === 0) return list
    const kept = new Set(memory)
    const moved = list.filter((item) => !kept.has(item))
    return moved.length > 0 ? moved : undefined
  }

  #in(part: unknown, depth: number, seen: Set<object>): Found {
    if (typeof part !== 'object' || part === null) return NOTHING
    if (ArrayBuffer.isView(part)) return { memory: [part.buffer], isFixed: true }
    if (types.isArrayBuffer(part)) return { memory: [part], isFixed: true }
    const known = this.#known.get(part)
    if (known !== undefined) return known
    const isFrozen = Object.isFrozen(part)
    if (!isFrozen && !isPlain(part)) return NOTHING
    if (seen.has(part) || depth > MOST_DEPTH) return SEEN
    seen.add(part)
    const found = together(
      partsOf(part).map((each) => this.#in(each, depth + 1, seen)),
      isFrozen,
    )
    if (found.isFixed) this.#known.set(part, found)
    return found
  }
}

function together(parts: readonly Found[], isFrozen: boolean): Found {
  const isFixed = isFrozen && parts.every((part) => part.isFixed)
  const withMemory = parts.filter(({ memory }) => memory.length > 0)
  const [first, second] = withMemory
  if (second !== undefined) return { memory: withMemory.flatMap(({ memory }) => memory), isFixed }
  const memory = first?.memory ?? NOTHING.memory
  return isFixed && memory.length === 0 ? NOTHING : { memory, isFixed }
}

function partsOf(part: object): readonly unknown[] {
  if (part instanceof Map) return [...part].flat()
  return part instanceof Set ? [...(part as Set<unknown>)] : Object.values(part)
}

function isPlain(part: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(part)
  return prototype === Object.prototype || prototype === null || PLAIN.some((kind) => part instanceof kind)
}

const PLAIN = [Array, Map, Set]
