import { types } from 'node:util'
import fc from 'fast-check'

/*
 * Random recipes that put parts of their draft elsewhere: into new objects, arrays, maps and sets; that change them through any of
 * their places; and that remove and replace what they are in.
 */

/* eslint-disable @typescript-eslint/no-explicit-any -- states of many shapes */
type Part = any
type Step = readonly [kind: 'key' | 'entry' | 'item', at: string | number]
type Path = readonly Step[]

// Those from a thread come from another realm than those of a test.
const isMap = (part: Part): part is Map<Part, Part> => types.isMap(part)
const isSet = (part: Part): part is Set<Part> => types.isSet(part)

/** What is put somewhere. */
type Given =
  | { readonly is: 'data'; readonly data: Part }
  | { readonly is: 'part'; readonly path: Path }
  | { readonly is: 'new'; readonly shape: number; readonly paths: readonly [Path, Path] }

/** One step of a recipe, which may be sent to a thread. */
export interface Operation {
  readonly at: Path
  readonly does: string
  readonly key: string | number
  readonly index: number
  readonly given: Given
}

/** One state with parts of each kind. */
export const firstState = (): Part => ({
  a: { x: { n: 1 }, l: [{ n: 1 }, { n: 2 }] },
  m: new Map<string, Part>([
    ['k', { n: 1 }],
    ['l', { o: { n: 2 } }],
  ]),
  list: [{ id: 1 }, { id: 2 }, { id: 3 }],
  s: new Set([1, 2]),
  q: { n: 0 },
})

/** Changes a part, and puts it into an object that it then deletes. Immer's patches have no change of the part. */
export const paying = (draft: Part): void => {
  draft.m.get('l').o.of = [draft.list[0]]
  draft.list[0].id = 7
  delete draft.m.get('l').o
}

/** A copy in which no part stands twice. */
export function tree(part: Part): Part {
  if (!isObject(part)) return part
  if (Array.isArray(part)) return part.map(tree)
  if (isMap(part)) return new Map([...part].map(([key, each]) => [tree(key), tree(each)]))
  if (isSet(part)) return new Set([...part].map(tree))
  return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, tree(each)]))
}

/** What it holds, and in which order. Two are equal if the same is said of them. */
export const said = (part: Part): string => telling(part, (parts) => parts)

/** What it holds, in any order of keys and items. */
export const held = (part: Part): string => telling(part, (parts) => parts.sort())

function telling(part: Part, ordered: (parts: string[]) => string[]): string {
  const told = (each: Part): string => telling(each, ordered)
  const entries = (all: Iterable<readonly [Part, Part]>): string =>
    ordered([...all].map(([key, each]) => `${told(key)}: ${told(each)}`)).join()
  if (!isObject(part)) return part === undefined ? 'undefined' : JSON.stringify(part)
  if (Array.isArray(part)) return `[${part.map(told).join()}]`
  if (isMap(part)) return `Map{${entries(part)}}`
  if (isSet(part)) return `Set{${ordered([...part].map(told)).join()}}`
  return `{${entries(Object.entries(part))}}`
}

/** Runs the steps, on a draft or on an object. */
export const running = (program: readonly Operation[]) => (draft: Part) => {
  for (const operation of program) run(draft, operation)
}

function run(root: Part, { at, does, key, index, given }: Operation): void {
  const part = partAt(root, at)
  OPERATIONS[does]?.(part, { key, index, value: () => valueOf(root, given) })
}

interface Arguments {
  readonly key: string | number
  readonly index: number
  value(): Part
}

const OPERATIONS: Record<string, (part: Part, its: Arguments) => void> = {
  set: (part, { key, value }) => void (part[key] = value()),
  remove: (part, { key }) => void Reflect.deleteProperty(part, key),
  increment: (part) => void (part.n = ((part.n as number | undefined) ?? 0) + 1),
  push: (part, { value }) => part.push(value()),
  unshift: (part, { value }) => part.unshift(value()),
  pop: (part) => part.pop(),
  shift: (part) => part.shift(),
  splice: (part, { key, index, value }) => part.splice(index, Number(key) % 2, value()),
  reverse: (part) => part.reverse(),
  length: (part, { index }) => void (part.length = index),
  put: (part, { key, value }) => part.set(key, value()),
  renew: (part, { index }) => {
    const key: unknown = [...part.keys()][index]
    const value: unknown = part.get(key)
    part.delete(key)
    part.set(key, value)
  },
  drop: (part, { index }) => part.delete([...part.keys()][index]),
  add: (part, { value }) => part.add(value()),
  clear: (part) => part.clear(),
}

function valueOf(root: Part, given: Given): Part {
  if (given.is === 'data') return tree(given.data)
  if (given.is === 'part') return partAt(root, given.path)
  const [one, other] = given.paths.map((path) => partAt(root, path)) as [Part, Part]
  const shapes: Part[] = [{ q: one }, new Map([['z', one], ['y', other]]), new Set([one]), [one, other], { y: { z: one } }] // prettier-ignore
  return shapes[given.shape % shapes.length]
}

const partAt = (root: Part, path: Path): Part => path.reduce(inside, root)

function inside(part: Part, [kind, at]: Step): Part {
  if (kind === 'key') return part[at]
  return kind === 'entry' ? part.get([...part.keys()][at as number]) : [...part][at as number]
}

/** Numbers that become a program on a state: which part, which operation, which key, … */
export type Plan = readonly (readonly number[])[]

export const plans = (commits: number): fc.Arbitrary<readonly Plan[]> =>
  fc.array(fc.array(fc.array(fc.nat(999), { minLength: 10, maxLength: 10 }), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: commits,
  })

/** The program of a plan on a state, and what it leads to there: with objects, and no draft. */
export function planned(state: Part, plan: Plan): readonly [program: Operation[], next: Part] {
  const model = tree(state)
  const program: Operation[] = []
  for (const numbers of plan) {
    const operation = operationOf(model, numbers)
    if (operation === undefined) continue
    run(model, operation)
    program.push(operation)
  }
  return [program, model]
}

const DATA: readonly Part[] = [
  3,
  { n: 5 },
  { a: { n: 1 } },
  [{ n: 1 }],
  new Map([['a', { n: 1 }]]),
  new Set([{ n: 1 }]),
]

function operationOf(root: Part, numbers: readonly number[]): Operation | undefined {
  const [where, what, key, index, isPart, one, other, shape, data, isNew] = numbers as number[]
  const pick = <T>(list: readonly T[], number: number | undefined): T => list[(number ?? 0) % list.length] as T
  const paths = pathsIn(root)
  const at = pick(paths, where)
  const part = partAt(root, at)
  // What holds the part would contain itself.
  const others = paths.filter((path) => path.length > 0 && !holds(partAt(root, path), part))
  const given: Given =
    others.length === 0 || (isPart as number) % 3 === 0
      ? { is: 'data', data: pick(DATA, data) }
      : (isNew as number) % 2 === 0
        ? { is: 'part', path: pick(others, one) }
        : { is: 'new', shape: shape as number, paths: [pick(others, one), pick(others, other)] }
  const size = Array.isArray(part) ? part.length : (part.size as number | undefined)
  const does = pick(operationsOf(part), what)
  if (does === 'increment' && !['number', 'undefined'].includes(typeof part.n)) return undefined
  if (size === 0 && ['renew', 'drop'].includes(does)) return undefined
  return { at, does, key: keyFor(part, key as number), index: size ? (index as number) % size : 0, given }
}

function operationsOf(part: Part): readonly string[] {
  if (isMap(part)) return ['put', 'put', 'renew', 'drop', 'clear']
  if (isSet(part)) return ['add', 'add', 'drop', 'clear']
  if (Array.isArray(part)) return ['push', 'unshift', 'pop', 'shift', 'splice', 'reverse', 'set', 'length']
  return ['set', 'set', 'remove', 'increment', 'increment', 'increment']
}

function keyFor(part: Part, number: number): string | number {
  if (isMap(part)) return ['k', 'l', 'a', 1][number % 4] as string | number
  if (Array.isArray(part)) return number % (part.length + 1)
  const names = [...Object.keys(part), 'new', 'n']
  return names[number % names.length] as string
}

function pathsIn(part: Part, path: Path = [], paths: Path[] = []): Path[] {
  paths.push(path)
  if (path.length > 5) return paths
  for (const step of stepsIn(part))
    if (isObject(inside(part, step))) pathsIn(inside(part, step), [...path, step], paths)
  return paths
}

function stepsIn(part: Part): Step[] {
  if (isMap(part)) return [...part].map((_, at) => ['entry', at])
  if (isSet(part)) return [...part].map((_, at) => ['item', at])
  return Object.keys(part).map((key) => ['key', Array.isArray(part) ? Number(key) : key])
}

function holds(part: Part, wanted: Part): boolean {
  if (part === wanted) return true
  return isObject(part) && stepsIn(part).some((step) => holds(inside(part, step), wanted))
}

function isObject(part: unknown): part is object {
  return typeof part === 'object' && part !== null
}
