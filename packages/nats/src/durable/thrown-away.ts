import { DiscardPolicy, type StreamConfig } from '@nats-io/jetstream'

const THROWS = 'so the server throws'

/** As much of the configuration of a stream as is looked at. */
type Limits = Pick<StreamConfig, 'name' | 'discard' | 'max_msgs' | 'max_bytes' | 'max_msgs_per_subject' | 'max_age'>

/**
 * Which messages somebody has let the server throw away, by changing a stream of the queue; null if it keeps all.
 *
 * @param forGood whether nothing is to be thrown away for its age either
 */
export function thrownAway(config: Limits, forGood: boolean): string | null {
  const { name, discard } = config
  const limit = (['max_msgs', 'max_bytes', 'max_msgs_per_subject'] as const).find((each) => (config[each] ?? -1) > 0)
  if (discard === DiscardPolicy.Old && limit !== undefined) {
    return `the stream "${name}" has "discard: old" and a "${limit}", ${THROWS} its oldest messages away when it is full, and tells nobody`
  }
  if (forGood && (config.max_age ?? 0) > 0) {
    return `the stream "${name}" has a "max_age", ${THROWS} casts away that are older, done or not, and tells nobody`
  }
  return null
}

/** Whether that is the trouble. */
export function isThrownAway(trouble: string): boolean {
  return trouble.includes(THROWS)
}
