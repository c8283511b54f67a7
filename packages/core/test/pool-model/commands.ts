import fc from 'fast-check'

/** What a handler does with its message. */
export type Mode =
  'sync' | 'await' | 'next' | 'crash' | 'crash later' | 'hang' | 'late' | 'answer late' | 'answer twice' | 'halt'

/** What is done with a pool. */
export type Command =
  | {
      readonly op: 'call' | 'query' | 'cast' | 'dispatch'
      readonly mode: Mode
      readonly ms: number
      readonly timeout: number
      /** Whether its caller may abort, or has done so before. */
      readonly signal: 'none' | 'open' | 'aborted'
      readonly priority: number
    }
  | { readonly op: 'abort'; readonly which: number }
  | { readonly op: 'advance'; readonly ms: number }
  | { readonly op: 'turn' }
  | { readonly op: 'block'; readonly ms: number }
  | { readonly op: 'resize'; readonly size: number }
  | { readonly op: 'configure'; readonly type: 'drop' | 'timeout' | 'codel'; readonly max: number }
  | { readonly op: 'broadcast' }
  | { readonly op: 'wrong' }

const mode: fc.Arbitrary<Mode> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Mode>('sync', 'await', 'next') },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Mode>('crash', 'crash later', 'hang', 'late', 'answer late', 'answer twice', 'halt'),
  },
)
const message = fc.record({
  op: fc.constantFrom('call', 'call', 'query', 'cast', 'dispatch'),
  mode,
  ms: fc.nat(60),
  timeout: fc.constantFrom(5, 20, 50, 100, 1000, Infinity),
  signal: fc.constantFrom('none', 'none', 'none', 'open', 'open', 'aborted'),
  priority: fc.integer({ min: -1, max: 1 }),
}) as fc.Arbitrary<Command>
/** Any of them, those that send something most often. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 20, arbitrary: message },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.nat(40) }) },
  // What follows without it is in the same turn.
  { weight: 12, arbitrary: fc.record({ op: fc.constant('turn' as const) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('abort' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('block' as const), ms: fc.nat(80) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('configure' as const),
      type: fc.constantFrom('drop' as const, 'timeout' as const, 'codel' as const),
      max: fc.constantFrom(2, 10, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('broadcast' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wrong' as const) }) },
)
