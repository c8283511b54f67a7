import { NS_PER_MS, OptionsError, parseOptions, wrongArgument } from '@genpool/runtime'
import { type BackOffOptions, backOffOptions, RunAgain } from '../behaviours/run-again'
import type { Request } from './request'

/** What `ctx.backOff` does for the message in hand. @throws {OptionsError} if an argument is wrong; nothing is held then */
export function backOff(request: Request, ms: number, options: BackOffOptions = {}): RunAgain | undefined {
  if (typeof ms !== 'number' || !(ms >= 0) || ms === Infinity) {
    throw wrongArgument({ of: 'ctx.backOff', argument: 'ms', expected: 'finite milliseconds >= 0' }, ms)
  }
  const { key, again } = parseOptions(backOffOptions, options, 'options of ctx.backOff')
  if (again && request.kind === 'direct') throw notAgain(request)
  // A message that runs again at once, each time, would let nothing else run.
  const heldMs = again ? Math.max(ms, 1) : ms
  request.owner.backOffs.hold(request, { ns: Math.ceil(heldMs * NS_PER_MS), key, again })
  return again ? new RunAgain() : undefined
}

function notAgain({ pool, type }: Request): OptionsError {
  const message = 'a message for one member is not queued, so it cannot run again. Leave "again" out, and send it again'
  return new OptionsError(`The options of ctx.backOff for message "${type}" to pool "${pool}" are wrong: ${message}.`, [
    { path: ['again'], message },
  ])
}
