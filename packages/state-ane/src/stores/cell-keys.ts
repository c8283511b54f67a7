import { nearest, OptionsError, showValue, wrongArgument } from '@genpool/runtime'
import { type CellKey, InvalidError } from '../errors'

/** How many names an error lists. */
const MOST_LISTED = 20

/** What may be the key of a cell of one store: a number up to its size, one of the names that it lists, or any name. */
export class CellKeys {
  private readonly listed: ReadonlySet<CellKey> | undefined

  /** @param cells the only keys; undefined for any @throws {OptionsError} if one of them is no key of a store of this size */
  constructor(
    readonly size: number | undefined,
    cells: readonly CellKey[] | undefined,
  ) {
    const foreign = cells?.find((key) => !this.isKey(key))
    if (foreign !== undefined) throw contradiction(foreign, size as number)
    this.listed = cells && new Set(cells)
  }

  /** @throws {InvalidError} if it cannot be a key */
  check(key: unknown): void {
    const message = this.faultOf(key)
    if (message !== undefined) throw new InvalidError('use of a cell', [{ path: [], message }])
  }

  /** Why it cannot be a key; undefined if it can. */
  faultOf(key: unknown): string | undefined {
    const { listed } = this
    if (!this.isKey(key)) return this.wrong(key)
    return listed === undefined || listed.has(key) ? undefined : unlisted(key, [...listed])
  }

  /** @throws {OptionsError} if it is no list, {InvalidError} for what cannot be a key */
  checkAll(keys: readonly unknown[]): void {
    if (!Array.isArray(keys)) {
      throw wrongArgument({ of: 'transaction', argument: 'list of keys', expected: 'an array of keys' }, keys)
    }
    for (const key of keys as readonly unknown[]) this.check(key)
  }

  private isKey(key: unknown): key is CellKey {
    const { size } = this
    if (size === undefined) return typeof key === 'string' || Number.isSafeInteger(key)
    return Number.isSafeInteger(key) && (key as number) >= 1 && (key as number) <= size
  }

  private wrong(key: unknown): string {
    const { size } = this
    const wanted = size === undefined ? 'a string or an integer' : `a whole number from 1 to ${size}`
    return `its key must be ${wanted}, but it is ${showValue(key)}`
  }
}

function contradiction(key: CellKey, size: number): OptionsError {
  const message = `with "size", the keys are the numbers from 1 to ${size}, and ${showValue(key)} is none of them: give only one of the two`
  return new OptionsError(`The options of the store are wrong: cells: ${message}.`, [{ path: ['cells'], message }])
}

function unlisted(key: CellKey, listed: readonly CellKey[]): string {
  const names = listed.map(String)
  // A hint of the other type would read like the key itself: "1" for 1.
  const meant = nearest(
    String(key),
    names.filter((_, i) => typeof listed[i] === typeof key),
  )
  const more = names.length > MOST_LISTED ? `, and ${names.length - MOST_LISTED} more` : ''
  const hint =
    meant === undefined ? `there are ${names.slice(0, MOST_LISTED).join(', ')}${more}` : `did you mean "${meant}"?`
  return `${showValue(key)} is none of the "cells" in the options of the store; ${hint}`
}
