import {
  type Change,
  changesBetween,
  OptionsError,
  parseOptions,
  plainOptions,
  readSafely,
  withChanges,
} from '@genpool/runtime'
import { type CheckedRemoteOptions, type RemotePoolChanges, remotePoolOptions } from './remote-options'

const FIXED = ['name', 'prefix', 'clock'] as const

/** Merges changes into options: all of them or, if one is wrong, none. `undefined` changes nothing. @throws {OptionsError} */
export function changeOptions(
  options: CheckedRemoteOptions,
  changes: RemotePoolChanges,
): { options: CheckedRemoteOptions; changed: readonly Change[] } {
  const what = `options of remote pool "${options.name}"`
  const given = readSafely(() => plainOptions(remotePoolOptions, changes), changes)
  const next = parseOptions(remotePoolOptions, withChanges(options, given), what)
  const fixed = FIXED.find((name) => next[name] !== options[name])
  if (fixed !== undefined) {
    const message = `it is fixed for the life of a remote pool`
    throw new OptionsError(`The ${what} are wrong; nothing was changed.\n  at ${fixed}: ${message}`, [
      { path: [fixed], message },
    ])
  }
  return { options: next, changed: changesBetween(options, next) }
}
