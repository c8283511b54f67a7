import { createStore, ReplicaCell } from '@genpool/state-ane'
import fc from 'fast-check'
import { sent } from './sent'

interface State {
  /** More keys than the smallest object that is copied by its keys. */
  large: Record<string, { n: number } | undefined>
  rows: Record<string, number | undefined>[]
  list: (number | undefined)[]
}

/** Names that code has to quote. */
const QUOTED = ['a"b', '${a}', '\u2028', '\ud800', 'a\nb', 'new', '-1']
/** Names that are no plain names of properties. */
const SPECIAL = ['constructor', 'toString', '0', '17']
const keys = (many: number): string[] => Array.from({ length: many }, (_, i) => `k${i}`)

function first(large: readonly string[], row: readonly string[]): State {
  return {
    large: Object.fromEntries(large.map((key) => [key, { n: 0 }])),
    rows: [1, 2].map(() => Object.fromEntries(row.map((key, i) => [key, i]))),
    list: Object.assign(new Array<number>(3), { 0: 1, 2: 3 }),
  }
}

type Change = readonly [kind: number, key: string, n: number]

function change(draft: State, [kind, key, n]: Change): void {
  const old = Object.hasOwn(draft.large, key) ? draft.large[key] : undefined
  if (kind < 10 && old !== undefined) old.n += 1
  else if (kind < 10) draft.large[key] = { n }
  else if (kind < 13) draft.rows[n % 2]![key] = n
  else if (kind === 13) draft.list[n % 3] = n
  else if (kind === 14) draft.large[key] = undefined
  else if (kind === 15) Reflect.deleteProperty(draft.large, key)
  else if (kind === 16) Reflect.deleteProperty(draft.rows[n % 2]!, key)
  else Reflect.deleteProperty(draft.list, (n % 2) * 2)
}

/** A value as it was when somebody had it. */
interface HandedOut {
  readonly value: State
  readonly was: string
}

/** Everything that can be seen of a value, in its order. */
function seen(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value + JSON.stringify(value)
  const parts = Reflect.ownKeys(value).map((key) => `${String(key)}=${seen(Reflect.get(value, key))}`)
  const isPlain = Object.getPrototypeOf(value) === (Array.isArray(value) ? Array.prototype : Object.prototype)
  return `${isPlain ? '' : 'not plain '}${Object.isFrozen(value) ? 'frozen' : 'open'}{${parts.join()}}`
}

function replicaOf(initial: State) {
  const cell = createStore().cell<State>('state', { initial })
  const replica = new ReplicaCell<State>('state', { send: () => undefined, tag: () => 0 })
  let epoch = 1
  replica.receive(['value', epoch, cell.version, sent(cell.value)])
  cell.watch((_value, version, patches) => replica.receive(['patches', ++epoch, version, sent(patches)]))
  return { cell, replica }
}

/** Only what a change touches is new. */
function mustShare(before: State, after: State): void {
  const touched = Object.keys(after.large).filter((key) => after.large[key] !== before.large[key])
  expect(touched.length).toBeLessThanOrEqual(1)
  const parts = ['large', 'rows', 'list'] as const
  expect(parts.filter((part) => after[part] !== before[part]).length).toBeLessThanOrEqual(1)
}

interface Run {
  readonly large: readonly string[]
  readonly row: readonly string[]
  readonly changes: readonly Change[]
}

/** So many changes of one object that its copies are made in the way for large ones. */
const MANY: readonly (readonly Change[])[] = [
  [],
  Array<Change>(80).fill([0, 'k1', 0]),
  Array<Change>(80).fill([10, 'k1', 0]),
]

function runs(own: readonly string[]): fc.Arbitrary<Run> {
  const names = fc.tuple(fc.subarray([...own]), fc.constantFrom(3, 15, 16, 40, 260)).map(([a, n]) => [...a, ...keys(n)])
  const change = fc.tuple(fc.nat(17), fc.constantFrom(...own, ...keys(6)), fc.nat(9))
  const others = fc.array(change, { maxLength: 60, size: 'max' })
  return fc.record({
    large: names,
    row: names,
    changes: fc.tuple(fc.constantFrom(...MANY), others, fc.constantFrom(...MANY), others).map((all) => all.flat()),
  })
}

describe('a value of a replica', () => {
  it('never changes, shares what is as before, and is what the owner has', () => {
    fc.assert(
      fc.property(fc.oneof(runs(QUOTED), runs([...QUOTED, ...SPECIAL])), ({ large, row, changes }) => {
        const { cell, replica } = replicaOf(first(large, row))
        const handedOut: HandedOut[] = []
        for (const [i, each] of changes.entries()) {
          const before = replica.value
          if (i % 8 === 0) handedOut.push({ value: before, was: seen(before) })
          cell.update((draft) => change(draft, each))
          mustShare(before, replica.value)
        }
        expect(seen(replica.value)).toBe(seen(cell.value))
        for (const { value, was } of handedOut) expect(seen(value)).toBe(was)
      }),
      { numRuns: Number(process.env['GENPOOL_LAW_RUNS'] ?? 30) },
    )
  }, 60_000)

  it('is the same for many objects with other keys each, and where Node makes no code of strings', () => {
    const make = (keyOf: number): State => first([...keys(20), `own ${keyOf}`], keys(2))
    const commits = (count: number): void => {
      for (let object = 0; object < count; object++) {
        const { cell, replica } = replicaOf(make(object))
        for (let n = 0; n < 70; n++) cell.update((draft) => change(draft, [0, 'k3', n]))
        expect(seen(replica.value)).toBe(seen(cell.value))
      }
    }
    commits(70)
    const { Function: before } = globalThis
    globalThis.Function = function refuses(): never {
      throw new EvalError('Code generation from strings disallowed for this context')
    } as never
    try {
      commits(70)
    } finally {
      globalThis.Function = before
    }
  })
})
