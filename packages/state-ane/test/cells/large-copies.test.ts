import fc from 'fast-check'
import { enableMapSet, enablePatches, freeze, Immer, type Objectish } from 'immer'
import { patched } from '../../src/cells/patched'
import { learnFrom } from '../../src/cells/drafts'
import { frozenState, produce, produceWithPatches } from '../../src/cells/produce'

enablePatches()
enableMapSet()
const plain = new Immer({ autoFreeze: true })

type Wide = Record<PropertyKey, unknown>

interface State {
  wide: Wide
  other: { n: number }
}

/** Around each size from which on something is copied in another way. */
const SIZES = [15, 16, 350, 351, 500]
const HIDDEN = Symbol('hidden')

const KINDS: Record<string, (size: number) => Wide> = {
  'names as keys': (size) => filled({}, size, (i) => `k${i}`),
  'whole numbers as keys': (size) => filled({}, size, (i) => String(i * 7)),
  'names of digits that are no indexes': (size) => filled({}, size, (i) => `00${i}`),
  'whole numbers among its keys': (size) => filled({}, size, (i) => (i % 3 === 0 ? String(i) : `k${i}`)),
  'a name that all objects inherit': (size) => filled({ toString: { n: 0 } } as never, size, (i) => `k${i}`),
  'a symbol as a key': (size) => filled({ [HIDDEN]: { n: 0 } }, size, (i) => `k${i}`),
  'no prototype': (size) => filled(Object.create(null) as Wide, size, (i) => `k${i}`),
  'a getter': (size) =>
    Object.defineProperty(
      filled({}, size, (i) => `k${i}`),
      'got',
      { get: () => 5, enumerable: true },
    ) as Wide,
  'a key that is not enumerable': (size) =>
    Object.defineProperty(
      filled({}, size, (i) => `k${i}`),
      'own',
      { value: 5 },
    ) as Wide,
  'a key "__proto__"': (size) => {
    const made = filled({}, size, (i) => `k${i}`)
    return Object.defineProperty(made, '__proto__', { value: 1, enumerable: true }) as Wide
  },
}

function filled(into: Wide, size: number, nameOf: (i: number) => string): Wide {
  for (let i = 0; i < size; i++) into[nameOf(i)] = i % 5 === 0 ? i : i % 7 === 0 ? undefined : { n: i }
  return into
}

/** The kind of step that sets a property named by a symbol: such a patch cannot be applied. */
const SYMBOL = 7

type Step = readonly [kind: number, at: number, n: number]
const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(30), fc.nat(3)), { minLength: 1, maxLength: 4 })

function change(draft: State, [kind, at, n]: Step): void {
  const { wide } = draft
  const key = `k${at}`
  const part = wide[key] as { n: number } | undefined
  if (kind === 0) wide[key] = n
  else if (kind === 1) wide[key] = { n, inner: { n } }
  else if (kind === 2) Reflect.deleteProperty(wide, key)
  else if (kind === 3) wide[key] = undefined
  else if (kind === 4) wide[`new${at}`] = { n }
  else if (kind === 5) draft.other.n = Number(wide[key] ?? 1)
  else if (kind === 6) wide['k2'] = part
  else if (kind === SYMBOL) wide[HIDDEN] = n
  else if (kind === 8) wide[String(at)] = n
  else if (typeof part === 'object') part.n = n
}

/** Everything that can be told of a value, as text, with the order of its keys. */
function facts(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = Reflect.ownKeys(value).map((key) => {
    const { value: part, get, ...how } = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor
    return `${String(key)} ${JSON.stringify(how)} ${typeof get} ${facts(part)}\n`
  })
  return `${Object.getPrototypeOf(value) === Object.prototype} ${Object.isFrozen(value)} ${parts.join('')}`
}

/** The parts of a value that another has at the same place. */
function kept(next: Wide, base: Wide): readonly PropertyKey[] {
  return Reflect.ownKeys(next).filter((key) => Object.is(next[key], base[key]))
}

/** An immer state and ours after the same recipes: so many that each way to copy is taken. */
function grown(make: () => Wide, key = (_i: number): string => 'k1'): readonly [State, State] {
  const first = (): State => ({ wide: make(), other: { n: 0 } })
  let [ours, immers] = [frozenState('cell', first()), freeze(first(), true)]
  for (let i = 0; i < 70; i++) {
    const recipe = (draft: State): void => void (draft.wide[key(i)] = { n: i })
    ours = produce('cell', ours, recipe as never)
    immers = plain.produce(immers, recipe)
  }
  return [ours, immers]
}

const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 5)

describe.each(Object.entries(KINDS))('a large object that changes again and again, with %s', (_, make) => {
  it.each(SIZES)('is what immer makes of it, with %i keys', (size) => {
    mustBeImmers(grown(() => make(size)))
  })

  it.each([0, 15, 500])('is what immer makes of it while its keys come, %i and more', (size) => {
    mustBeImmers(
      grown(
        () => make(size),
        (i) => `come${i}`,
      ),
    )
  })
})

function mustBeImmers([ours, immers]: readonly [State, State]): void {
  expect(facts(ours)).toBe(facts(immers))
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 3 }), (commits) => {
      let [our, immer] = [ours, immers]
      for (const list of commits) {
        const recipe = (draft: State): void => list.forEach((step) => change(draft, step))
        const next = mustBeAs(plain.produce(immer, recipe), { our, immer, recipe })
        if (!list.some(([kind]) => kind === SYMBOL)) mustLeadThere(next, { our, immer, recipe })
        ;[our, immer] = [next, plain.produce(immer, recipe)]
      }
    }),
    { numRuns: RUNS },
  )
}

interface Commit {
  readonly our: State
  readonly immer: State
  readonly recipe: (draft: State) => void
}

function mustBeAs(expected: State, { our, immer, recipe }: Commit): State {
  const [next] = produceWithPatches('cell', our, recipe as never)
  expect(facts(next)).toBe(facts(expected))
  expect(facts(produce('cell', our, recipe as never))).toBe(facts(expected))
  expect(kept(next.wide, our.wide)).toEqual(kept(expected.wide, immer.wide))
  return next
}

/** The patches lead from the one value to the other and back, as immer applies them and as we do. */
function mustLeadThere(next: State, { our, recipe }: Commit): void {
  const [, patches, inverse] = produceWithPatches('cell', our, recipe as never)
  const expected = plain.applyPatches(our as Objectish, patches) as State
  expect(facts(expected)).toBe(facts(next))
  expect(nameable(plain.applyPatches(next as Objectish, inverse) as State)).toEqual(nameable(our))
  const made = patched(our, patches)
  if (made === null) return
  expect(facts(made.next)).toBe(facts(expected))
  expect(kept(made.next.wide, our.wide)).toEqual(kept(expected.wide, our.wide))
}

/** What patches can tell of: immer loses a key "__proto__" when it applies one that replaces the object that has it. */
function nameable({ wide, other }: State): unknown {
  const { ['__proto__']: _, ...rest } = Object.assign(Object.create(null) as Wide, wide)
  return { wide: rest, other }
}

describe('a draft of a large object', () => {
  const many = (): Wide => filled({}, 600, (i) => `k${i}`)

  it('that is only read leaves the object as it is', () => {
    const [ours] = grown(many)
    for (let i = 0; i < 3; i++) {
      expect(produce('cell', ours, (draft) => void JSON.stringify((draft as State).wide['k2']))).toBe(ours)
      const next = produce('cell', ours, (draft) => {
        draft.other.n = (draft.wide['k1'] as { n: number }).n + i
      })
      expect(next.wide).toBe(ours.wide)
    }
  })

  it('of a recipe that throws leaves the object as it is', () => {
    const [ours] = grown(many)
    const before = facts(ours)
    const failing = (draft: State): void => {
      draft.wide['k1'] = 5
      throw new Error('no')
    }
    expect(() => produce('cell', ours, failing as never)).toThrow('no')
    expect(facts(ours)).toBe(before)
  })

  it('may be in a recipe within a recipe', () => {
    const [ours] = grown(many)
    const next = produce('cell', ours, (draft) => {
      draft.wide['k1'] = 1
      const inner = produce('inner', ours, (other) => void (other.wide['k2'] = 2))
      draft.wide['k3'] = inner.wide['k2']
    })
    expect([next.wide['k1'], next.wide['k2'], next.wide['k3']]).toEqual([1, { n: 2 }, 2])
    expect([Object.isFrozen(next), Object.isFrozen(next.wide)]).toEqual([true, true])
  })

  it('gets its copy from here with this immer, in each of its builds', () => {
    expect(learnFrom(new Immer())).toBe(true)
    jest.isolateModules(() => {
      const { NODE_ENV } = process.env
      process.env['NODE_ENV'] = 'production'
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- another build of the same package
      const built = require('immer') as { Immer: typeof Immer; enablePatches: () => void }
      process.env['NODE_ENV'] = NODE_ENV
      expect(built.Immer.name).not.toBe('Immer')
      built.enablePatches()
      expect(learnFrom(new built.Immer())).toBe(true)
    })
    expect(learnFrom(new Immer())).toBe(true)
  })
})
