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
  const keyText = textOfKey(key)
  if (typeof keyText === 'object' && keyText !== null) return failures.keyNotCarried(keyText.error)
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
      key: keyText,
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

/** Longer keys do not fit the header of a frame. */
const MOST_KEY = 32_000
const ANOTHER = 'it holds an instance of a class, which arrives as another key. Give an id as text'

/** Keys with the same content have equal texts, in all processes. Null without a key, or why a node would get another one. */
function textOfKey(key: unknown): string | null | { readonly error: unknown } {
  if (key === undefined) return null
  try {
    const id = keyId(key)
    const bytes = typeof key === 'string' ? null : defaultCodec.encode(key)
    const length = bytes?.length ?? Buffer.byteLength(key as string)
    if (length > MOST_KEY) throw new NotCarried(`it has ${length} bytes, and may have ${MOST_KEY}`)
    if (bytes !== null && typeof key === 'object' && keyId(defaultCodec.decode(bytes)) !== id)
      throw new NotCarried(ANOTHER)
    return typeof id === 'string' ? `s${id}` : `${typeof id} ${String(id)}`
  } catch (error) {
    return { error }
  }
}
