import fc from 'fast-check'
import type { ToOwner, ToThread } from '../../src/protocol/messages'
import { packForOwner, packForThread, type Packed, unpackForOwner, unpackForThread } from '../../src/protocol/wire'

const value = fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.constant(null), fc.object({ maxDepth: 1 }))
const delivery = { id: 'a', attempt: 2, storedAt: new Date(5), seq: 7, key: undefined }
const plain = fc.record({
  id: fc.nat(),
  kind: fc.constantFrom('call', 'cast', 'query', 'dispatch', 'direct' as const),
  continues: fc.boolean(),
  message: value,
  sentAt: fc.constantFrom(0, 1.5),
  deadline: fc.constantFrom(1, Infinity),
  expectsAnswer: fc.boolean(),
  wantsProgress: fc.boolean(),
  mayWait: fc.boolean(),
  attempt: fc.constantFrom(0, 2),
  sender: fc.constantFrom(null, { type: 'actor', system: { name: 'a' }, path: { parts: ['b'] } } as const),
})
const trace = { traceparent: '00-1-2-01' }
const message = fc
  .tuple(plain, fc.boolean(), fc.boolean())
  .map(([each, isKept, isTraced]) => ({ ...each, ...(isKept ? { delivery } : {}), ...(isTraced ? { trace } : {}) }))
const patch = fc.oneof(
  fc.record({ op: fc.constantFrom('replace', 'add' as const), path: fc.array(fc.oneof(fc.string(), fc.nat())), value }),
  fc.record({ op: fc.constant('remove' as const), path: fc.array(fc.string()) }),
)
const patches = fc.array(patch, { maxLength: 3 })
const run = fc.record({
  job: fc.nat(),
  answer: fc.oneof(fc.constant(undefined), fc.record({ value }), fc.record({ value, kept: fc.nat() })),
  ranNs: fc.constantFrom(-1, 5),
})
const unsendable = fc.constant({ job: 1, answer: undefined, fault: { path: [], message: 'a function' }, ranNs: -1 })
const toThread = fc.oneof(
  fc.tuple(fc.constant('state' as const), fc.tuple(fc.constant('patches' as const), fc.nat(), fc.nat(), patches)),
  fc.tuple(fc.constant('state' as const), fc.tuple(fc.constant('committed' as const), fc.nat(), fc.nat())),
  fc.tuple(fc.constant('job' as const), fc.nat(), message, fc.option(fc.array(message, { maxLength: 2 }))),
  fc.tuple(fc.constant('cancel' as const), fc.nat(), fc.constant({ kind: 'value' as const, value: 'late' })),
) as fc.Arbitrary<ToThread>
const commit = fc.tuple(
  ...[fc.constant('commit' as const), fc.nat(), fc.nat(), fc.nat(), patches, fc.oneof(run, unsendable)],
)
const toOwner = fc.oneof(
  fc.tuple(fc.constant('cell' as const), fc.oneof(commit, fc.constant(['turn', 5] as const))),
  fc.tuple(fc.constant('answered' as const), fc.constantFrom(1, 2), value, fc.oneof(fc.boolean(), fc.nat())),
  fc.tuple(fc.constant('done' as const), fc.constantFrom(1, 2), fc.constantFrom(null, { timeout: 1 }), fc.nat()),
  fc.tuple(fc.constant('progress' as const), fc.nat(), value),
) as fc.Arbitrary<ToOwner>

function across<M>(messages: readonly M[], pack: (packed: Packed, each: M) => void): Packed {
  const packed: Packed = []
  for (const each of messages) pack(packed, each)
  return structuredClone(packed)
}

describe('messages on the way', () => {
  it('to a thread arrive as they were, in order', () => {
    fc.assert(
      fc.property(fc.array(toThread), (messages) => {
        expect(unpackForThread(across(messages, packForThread))).toEqual(messages)
      }),
    )
  })

  it('to the owner arrive as they were, in order', () => {
    fc.assert(
      fc.property(fc.array(toOwner), (messages) => {
        expect(unpackForOwner(across(messages, packForOwner))).toEqual(messages)
      }),
    )
  })
})
