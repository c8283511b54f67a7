import { wrongArgument } from '@genpool/runtime'

/**
 * @param of the method that was called, as an error names it
 * @throws {OptionsError} if a user gave something else in the place of a version: no version is equal to it, ever
 */
export function checkVersion(of: string, version: unknown): void {
  if (Number.isInteger(version)) return
  throw wrongArgument({ of, argument: 'version', expected: 'a version of the cell, as cell.version is' }, version)
}
