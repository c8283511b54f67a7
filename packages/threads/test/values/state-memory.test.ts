import fc from 'fast-check'
import { StateMemory } from '../../src/values/state-memory'
import type { Transferable } from '../../src/values/transfer'

const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 200)

/** Ten blocks of memory; a state has some of them, and a list names some. */
const BLOCKS = Array.from({ length: 10 }, () => new ArrayBuffer(8))
type Kind = 'buffer' | 'bytes' | 'view' | 'list' | 'object' | 'map' | 'key' | 'set' | 'number'
interface Shape {
  readonly kind: Kind
  readonly block: number
  readonly isFrozen: boolean
  readonly parts: readonly Shape[]
}

const shapes: (depth?: number) => fc.Arbitrary<Shape> = fc.memo((depth) =>
  fc.record<Shape>({
    kind: fc.constantFrom<Kind>('buffer', 'bytes', 'view', 'list', 'object', 'map', 'key', 'set', 'number'),
    block: fc.nat(9),
    isFrozen: fc.boolean(),
    parts: depth > 1 ? fc.array(shapes(), { maxLength: 3 }) : fc.constant([]),
  }),
)
const lists = fc.uniqueArray(fc.nat(9)).map((blocks) => blocks.map((i) => BLOCKS[i] as Transferable))

/** Makes a state, and notes the memory that it has. */
function made({ kind, block, isFrozen, parts }: Shape, memory: Set<unknown>): unknown {
  const buffer = BLOCKS[block] as ArrayBuffer
  if (kind === 'number') return block
  if (kind === 'buffer' || kind === 'bytes' || kind === 'view') {
    memory.add(buffer)
    return kind === 'buffer' ? buffer : kind === 'bytes' ? new Uint8Array(buffer, 2, 3) : new DataView(buffer)
  }
  const inner = parts.map((part) => made(part, memory))
  const whole: object =
    kind === 'list'
      ? inner
      : kind === 'map'
        ? new Map(inner.map((part, i) => [i, part]))
        : kind === 'key'
          ? new Map(inner.map((part) => [part, 1]))
          : kind === 'set'
            ? new Set(inner)
            : Object.fromEntries(inner.map((part, i) => [`k${i}`, part]))
  return isFrozen ? Object.freeze(whole) : whole
}

describe('what of a list is moved while there is a state', () => {
  it('is all but the memory of the state, also when the state has parts of those before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(shapes(4), lists, fc.boolean()), { minLength: 1, maxLength: 6 }), (steps) => {
        let state: unknown = undefined
        let memory = new Set<unknown>()
        const subject = new StateMemory(() => state)
        for (const [shape, list, keeps] of steps) {
          if (!keeps) memory = new Set()
          const part = made(shape, memory)
          state = Object.freeze(keeps ? { state, part } : { part })
          const isMoved = list.map((item) => !memory.has(item))
          const moved = new Set<unknown>(subject.movable(list))
          expect(list.map((item) => moved.has(item))).toEqual(isMoved)
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('looks into a large part that has not changed only once', () => {
    let looks = 0
    const large = new Map(Array.from({ length: 100 }, (_, i) => [i, Object.freeze({ i })]))
    const counting = Object.freeze(
      Object.assign(large, {
        [Symbol.iterator]: () => {
          looks++
          return Map.prototype.entries.call(large)
        },
      }),
    )
    let state: object = Object.freeze({ counting, n: 0 })
    const subject = new StateMemory(() => state)
    for (let n = 1; n < 10; n++) {
      expect(subject.movable([BLOCKS[0] as Transferable])).toEqual([BLOCKS[0]])
      state = Object.freeze({ counting, n })
    }
    expect(looks).toBe(1)
  })

  it('ends for a state with a circle in it', () => {
    const state: Record<string, unknown> = { bytes: new Uint8Array(BLOCKS[1] as ArrayBuffer) }
    state['self'] = Object.freeze([state])
    const subject = new StateMemory(() => state)
    for (let i = 0; i < 2; i++) {
      expect(subject.movable([BLOCKS[0] as Transferable, BLOCKS[1] as Transferable])).toEqual([BLOCKS[0]])
    }
  })

  it('is the whole list if nothing in it is memory', () => {
    const { port1, port2 } = new MessageChannel()
    expect(new StateMemory(() => ({ port1 })).movable([port1])).toEqual([port1])
    port1.close()
    port2.close()
  })
})
