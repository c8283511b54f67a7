import type { CallOptions, GenPoolError } from '@genpool/core'
import { keyId, type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Bodies } from '../wire/codec'
import { defaultCodec } from '../wire/codec'
import { NotCarried } from '../wire/errors'
import { Kind, requestFrame, type StateAt } from '../wire/frames'
import { typeIn } from '../nodes/served-types'
import { faultOf } from './call-options'
import type { RemoteFailures } from './failures'
import type { CheckedRemoteOptions } from './remote-options'
import type { RemoteKind, RequestSetup } from './remote-request'

const KINDS: Readonly<Record<RemoteKind, Kind>> = {
  call: Kind.call,
  query: Kind.call,
  cast: Kind.cast,
  dispatch: Kind.dispatch,
}

/** A message with everything that its way needs. */
export type Prepared = RequestSetup

/** What a message is prepared with. */
export interface Preparing {
  readonly options: CheckedRemoteOptions
  readonly bodies: Bodies
  readonly failures: RemoteFailures
  /** The most bytes that may be sent. */
  readonly max: number
  readonly now: Nanos
  /** What the caller has seen of the state that nodes share. */
  readonly state: StateAt | undefined
}

/** Checks the options of a message, and writes its frame. Returns an error if either is wrong; never throws. */
export function prepare(
  kind: RemoteKind,
  message: unknown,
  given: CallOptions,
  { options, bodies, failures, max, now, state }: Preparing,
): Prepared | GenPoolError {
  const fault = given === NONE ? undefined : faultOf(options.name, kind, given)
  if (fault !== undefined) return fault
  const { timeout = options.timeout, priority, key, onProgress, idempotent = false } = given
  try {
    const wantsProgress = onProgress !== undefined
    // Written when it is sent.
    const epoch = key === undefined ? undefined : 0
    const header = { budgetMs: timeout, ageMs: 0, priority, key, wantsProgress, again: false, state, epoch }
    return {
      kind,
      type: typeIn(message),
      frame: requestFrame(KINDS[kind], header, { bodies, value: message, max }),
      deadline: now + timeout * NS_PER_MS,
      key: key === undefined ? null : textOfKey(key),
      idempotent,
      state,
      headers: options.propagation?.inject(),
      onProgress,
    }
  } catch (error) {
    return failures.notCarried(error)
  }
}

/** No options: nothing to check. */
export const NONE: CallOptions = {}

/** Equal keys have equal texts, in all processes. @throws {NotCarried} if a node would get another key than this one */
function textOfKey(key: unknown): string {
  const id = keyId(key)
  if (typeof key === 'object' && keyId(defaultCodec.decode(defaultCodec.encode(key))) !== id) {
    throw new NotCarried('the key holds an instance of a class, which arrives as another key. Give an id as text', [
      'key',
    ])
  }
  return typeof id === 'string' ? `s${id}` : `${typeof id} ${String(id)}`
}
