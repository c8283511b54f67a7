import { showValue, textOf } from '@genpool/runtime'
import { type CellKey, type Fault, InvalidError } from '../errors'
import { isPromise } from './maybe-promise'

/** The part of a zod schema that cells use: whether a value is valid, and what is wrong where. */
export interface SchemaLike {
  safeParse(value: unknown): {
    readonly success: boolean
    readonly error?: { readonly issues: readonly Fault[] } | undefined
  }
}

/** Returns true for a valid value; otherwise false, a reason, or a reason with a path. It must be synchronous. */
export type Predicate<S> = (value: S) => boolean | string | Fault

/**
 * Checks every value before it is committed: a zod schema or a predicate.
 *
 * A schema only checks. The output of its defaults and transformations is not used.
 */
export type Validator<S> = SchemaLike | Predicate<S>

/**
 * @param what what the value is, as in `first value of`
 * @throws {InvalidError} naming every path that is wrong; what a predicate throws becomes its `cause`
 */
export function check<S>(key: CellKey, validator: Validator<S>, value: S, what = 'commit to'): void {
  let faults: readonly Fault[] | undefined
  try {
    faults = typeof validator === 'function' ? ask(validator, value) : parse(validator, value)
  } catch (error) {
    const message = `its validator failed: ${textOf(error)}`
    throw new InvalidError(`${what} cell "${key}"`, [{ path: [], message }], error)
  }
  if (faults !== undefined) throw new InvalidError(`${what} cell "${key}"`, faults)
}

function ask<S>(predicate: Predicate<S>, value: S): readonly Fault[] | undefined {
  const verdict = predicate(value)
  if (verdict === true) return undefined
  checkSynchronous(verdict)
  return [verdict === false ? REFUSED : (faultIn(verdict) ?? { path: [], message: reasonOf(verdict) })]
}

const REFUSED: Fault = { path: [], message: 'the validator refused the value' }

/** A reason, perhaps with a path; undefined if it says nothing. An error that was returned has its reason, too. */
function faultIn(given: unknown): Fault | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { path, message } = given as { readonly path?: unknown; readonly message?: unknown }
  if (typeof message !== 'string' || message === '') return undefined
  return { path: Array.isArray(path) ? (path as PropertyKey[]) : [], message }
}

/** Anything but `true` refuses. One that says nothing most likely forgot to return. */
function reasonOf(verdict: unknown): string {
  if (typeof verdict === 'string' && verdict !== '') return verdict
  return `the validator returned ${showValue(verdict)}: it has to return true for a valid value, or a text that says what is wrong`
}

/** @throws {TypeError} for a promise. What that comes to is of no use, and its rejection must not end the process */
function checkSynchronous(verdict: unknown): void {
  if (!isPromise<unknown>(verdict)) return
  verdict.then(undefined, () => undefined)
  throw new TypeError('a validator must be synchronous, and it returned a promise')
}

function parse(schema: SchemaLike, value: unknown): readonly Fault[] | undefined {
  const result: unknown = schema.safeParse(value)
  checkSynchronous(result)
  const { success, error } = (result ?? {}) as {
    readonly success?: unknown
    readonly error?: { issues?: unknown } | null
  }
  if (success === true) return undefined
  if (success !== false) {
    const expected = '{ success: true } for a valid value, and { success: false, error: { issues } } for any other'
    throw new TypeError(`safeParse returned ${showValue(result)}: it has to return ${expected}`)
  }
  const issues: readonly unknown[] = Array.isArray(error?.issues) ? error.issues : []
  const faults = issues.flatMap((issue) => faultIn(issue) ?? [])
  return faults.length > 0 ? faults : [{ path: [], message: 'the schema refused the value' }]
}
