import type { MemberInfo } from '@genpool/core'
import type { DistantActor } from '@genpool/core/elsewhere'
import { type DistantSystem, type PlainAddress, referenceTo } from '@genpool/runtime'
import type { Setup } from '../protocol/messages'
import { encodeError } from '../values/errors'
import type { Outbox } from './outbox'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'event', 'metric', 'exception'] as const

/** The pool as contexts in this thread show it. */
export function poolActor(setup: Setup, system: DistantSystem, outbox: Outbox, flushLater: () => void): DistantActor {
  const { name, self, parent, hasLog } = setup
  const reference = addressOf(self, parent)
  return {
    name,
    reference,
    path: reference.path,
    parent: parent === undefined ? undefined : { reference: addressOf(parent) },
    log: hasLog ? logTo(outbox, flushLater) : undefined,
    childReferences: new Map(),
    system: system as never,
  }
}

/** The member as contexts in this thread show it. */
export function memberOf({ member }: Setup): MemberInfo {
  return { ...member, ref: referenceTo(member.ref) as never }
}

function addressOf(address: PlainAddress, parent?: PlainAddress): ReturnType<typeof referenceTo> {
  const reference = referenceTo(address)
  return parent === undefined ? reference : Object.assign(reference, { parent: referenceTo(parent) })
}

/** nact's logger of the pool, in the main thread. */
function logTo(outbox: Outbox, flushLater: () => void): object {
  const log = (level: string, args: readonly unknown[]): void => {
    outbox.add(['log', level, args.map((each) => encodeError(each))])
    flushLater()
  }
  return Object.fromEntries(LEVELS.map((level) => [level, (...args: unknown[]) => log(level, args)]))
}
