import {
  keyId,
  type Nanos,
  NS_PER_MS,
  OptionsError,
  parseOptions,
  sentence,
  whyNotAKey,
  wrongArgument,
} from '@genpool/runtime'
import { isPromisedKey } from '../behaviours/answerable'
import { type BackOffOptions, backOffOptions, RunAgain } from '../behaviours/run-again'
import type { RequestKind } from './outcome'

/** A request whose handler backs off. */
interface Backing {
  readonly kind: RequestKind
  readonly pool: string
  readonly type: string
}

/** A back-off as the pool carries it out. */
export interface CheckedBackOff {
  readonly ns: Nanos
  /** The key; null for the whole pool, undefined for the key of the message in hand. */
  readonly key: unknown
  /** Whether the message in hand runs again. */
  readonly again: boolean
}

/** A request whose pool can be held back. */
interface HoldsBack<R> extends Backing {
  readonly owner: { readonly backOffs: { hold(request: R, backOff: CheckedBackOff): void } }
}

/** Carries out `ctx.backOff`. @throws {OptionsError} if an argument is wrong; nothing is held then */
export function backOff<R extends HoldsBack<R>>(
  request: R,
  ms: number,
  options?: BackOffOptions,
): RunAgain | undefined {
  const checked = checkedBackOff(request, ms, options)
  request.owner.backOffs.hold(request, checked)
  return checked.again ? new RunAgain() : undefined
}

function checkedBackOff(request: Backing, ms: number, options: BackOffOptions = {}): CheckedBackOff {
  if (typeof ms !== 'number' || !(ms >= 0) || ms === Infinity) {
    throw wrongArgument({ of: 'ctx.backOff', argument: 'ms', expected: 'finite milliseconds >= 0' }, ms)
  }
  const { key, again } = parseOptions(backOffOptions, options, 'options of ctx.backOff')
  if (isPromisedKey(key)) throw wrongArgument({ of: 'ctx.backOff', argument: 'key', expected: 'a key' }, key)
  if (key !== undefined && key !== null) mustBeKey(key)
  if (again && request.kind === 'direct') throw notAgain(request)
  // A message that runs again at once, each time, would let nothing else run.
  return { ns: Math.ceil((again ? Math.max(ms, 1) : ms) * NS_PER_MS), key, again }
}

/** @throws {OptionsError} if it is an object without a content, as an instance of a class */
function mustBeKey(key: unknown): void {
  try {
    keyId(key)
  } catch (cause) {
    const message = `the key ${whyNotAKey(cause)}`
    throw new OptionsError(`The options of ctx.backOff are wrong; nothing was changed: ${sentence(message)}`, [
      { path: ['key'], message },
    ])
  }
}

function notAgain({ pool, type }: Backing): OptionsError {
  const message = 'a message for one member is not queued, so it cannot run again. Leave "again" out, and send it again'
  return new OptionsError(`The options of ctx.backOff for message "${type}" to pool "${pool}" are wrong: ${message}.`, [
    { path: ['again'], message },
  ])
}
