import { DiscardPolicy, type StreamConfig } from '@nats-io/jetstream'
import { NS_PER_MS } from '@genpool/runtime'

/** For how long failed attempts are remembered. */
export const KEEP_TRIES_MS = 30 * 24 * 3_600_000

const THROWS = 'so the server throws'
const OF_ATTEMPTS = 'what is written down of attempts'
const LIMITS = ['max_msgs', 'max_bytes', 'max_msgs_per_subject'] as const
/** From this version on, a server counts all bytes of a message before it takes it: nats-server#4771. */
const COUNTS_WELL = [2, 10, 5] as const

/** As much of the configuration of a stream as is looked at. */
type Limits = Pick<StreamConfig, 'name' | 'discard' | 'max_msgs' | 'max_bytes' | 'max_msgs_per_subject' | 'max_age'>

/** What a stream of a queue is for: casts and attempts must not be thrown away for their age; of letters, the queue itself may say so. */
export type Purpose = 'casts' | 'attempts' | 'letters'

/**
 * Which messages somebody has let the server throw away, by changing a stream of the queue; null if it keeps all.
 *
 * @param version of the server; "" if it is not known
 */
export function thrownAway(config: Limits, purpose: Purpose, version = ''): string | null {
  const { name, discard, max_age = 0 } = config
  const what = purpose === 'attempts' ? OF_ATTEMPTS : 'messages'
  // Of a cast, only what was written last of its attempts is needed.
  const limits = purpose === 'attempts' ? LIMITS.slice(0, 2) : LIMITS
  const limit = limits.find((each) => (config[each] ?? -1) > 0)
  if (discard === DiscardPolicy.Old && limit !== undefined) {
    return `the stream "${name}" has "discard: old" and a "${limit}", ${THROWS} the oldest of its ${what} away when it is full, and tells nobody`
  }
  const isOld = max_age > 0 && (purpose === 'casts' || (purpose === 'attempts' && max_age < KEEP_TRIES_MS * NS_PER_MS))
  if (isOld) {
    const old = purpose === 'casts' ? 'casts away that are older, done or not' : `${OF_ATTEMPTS} away when it is older`
    return `the stream "${name}" has a "max_age", ${THROWS} ${old}, and tells nobody`
  }
  if ((config.max_bytes ?? -1) > 0 && !countsWell(version)) {
    return (
      `the stream "${name}" has a "max_bytes", and nats-server ${version} counts less of a message than it stores: where one nearly fits it takes it, ` +
      `${THROWS} the oldest of its ${what} away, and tells nobody`
    )
  }
  return null
}

function countsWell(version: string): boolean {
  if (version === '') return true
  const parts = version.split(/[.-]/, 3).map(Number)
  const at = COUNTS_WELL.findIndex((wanted, i) => parts[i] !== wanted)
  return at === -1 || (parts[at] ?? 0) > (COUNTS_WELL[at] as number)
}

/** Whether that is the trouble. */
export function isThrownAway(trouble: string): boolean {
  return trouble.includes(THROWS)
}

/** What to do then. */
export function keepingAdvice(trouble: string): string {
  const isOfBytes = trouble.includes('counts less')
  const how = isOfBytes
    ? 'Set "max_bytes" to -1 and a "max_msgs" instead ("nats stream edit"), or run nats-server 2.10.5 or later.'
    : 'Set "discard" to "new" and "max_age" to 0 again ("nats stream edit").'
  const lost = trouble.includes(OF_ATTEMPTS)
    ? 'Until then casts may have more attempts than "maxDeliver", and delayed ones may run twice.'
    : 'What was thrown away is lost: cast it again.'
  return isOfBytes ? `${how} ${lost}` : `${how} ${lost} A limit then refuses what does not fit.`
}
