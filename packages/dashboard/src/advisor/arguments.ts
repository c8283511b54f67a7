import { isPlainObject, wrongArgument } from '@genpool/runtime'

/** @throws {OptionsError} if it is no object as options are written */
export function checkPlain(of: string, argument: string, given: unknown): void {
  try {
    if (isPlainObject(given)) return
  } catch {
    // A proxy may throw at any look.
  }
  throw wrongArgument({ of, argument, expected: 'a plain object' }, given)
}

/** @throws {OptionsError} if it is no path */
export function checkFile(of: string, given: unknown): void {
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return
  throw wrongArgument({ of, argument: 'file', expected: 'the path of a file' }, given)
}
