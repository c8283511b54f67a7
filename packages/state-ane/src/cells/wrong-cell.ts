import { readSafely, wrongArgument } from '@genpool/runtime'

const WRITES = ['update', 'compareAndSet', 'hold'] as const

const EXPECTED = 'a cell, as store.cell(key) returns it'

/** Whether a value has these methods of a cell. Never throws. */
function isCell(value: unknown, methods: readonly string[] = WRITES): boolean {
  return readSafely(
    () => methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'),
    false,
  )
}

/** @throws {OptionsError} if a public function was given something else in the place of a cell */
export function checkCell(of: string, given: unknown): void {
  if (!isCell(given, [...WRITES, 'watch'])) throw wrongArgument({ of, argument: 'cell', expected: EXPECTED }, given)
}

/**
 * The error to throw when a function with a cell and a callback has failed: `error` itself, which is the callback's or the
 * cell's, unless an argument is the reason. Only called after a failure, so that a commit pays nothing for it.
 */
export function orWrongArgument(
  error: unknown,
  of: string,
  { cell, callback }: { readonly cell: unknown; readonly callback: unknown },
): unknown {
  if (!isCell(cell)) return wrongArgument({ of, argument: 'cell', expected: EXPECTED }, cell)
  if (typeof callback === 'function') return error
  return wrongArgument({ of, argument: 'callback', expected: 'a function' }, callback)
}
