/** A time of the server, in microseconds since 1970. */
export type Micros = number

/**
 * What is known of when messages were stored, compared with the starts of servers.
 *
 * Only what was stored before the last start may be an old message that came back with it. A server that has lost the end of its stream
 * gives the same places to new messages: those were stored after the start, and are not done.
 */
export interface Ages {
  /** The newest cast that came to a consumer. */
  readonly seen: Micros
  /** What is not newer was there before the last start, if it is in no doubt. */
  readonly until: Micros
  /** What was stored then may be from before a start or from after it. */
  readonly doubts: readonly Doubt[]
}

/** From behind the first time up to the second one. */
type Doubt = readonly [after: Micros, through: Micros]

const MOST_DOUBTS = 100

export const NO_AGES: Ages = { seen: 0, until: 0, doubts: [] }

/** Old: it was certainly there before the last start. Young: certainly not, or nobody has seen it then. */
export type Age = 'old' | 'young' | 'doubtful'

export function ageOf({ until, doubts }: Ages, time: Micros): Age {
  if (doubts.some(([after, through]) => time > after && time <= through)) return 'doubtful'
  return time <= until ? 'old' : 'young'
}

/**
 * A server has started.
 *
 * @param seenBefore the newest cast that came to this process before
 * @param last when the newest message of the stream was stored, before the start or after it
 */
export function started({ seen, until, doubts }: Ages, seenBefore: Micros, last: Micros): Ages {
  const certain = Math.max(seen, until, seenBefore)
  return { seen, until: certain, doubts: last > certain ? few([...doubts, [certain, last]]) : doubts }
}

/** Another process has said that a server started, and this one knows more of the time before. */
export function sharpened({ seen, until, doubts }: Ages, seenBefore: Micros): Ages {
  const left = doubts.flatMap(([after, through]): Doubt[] => {
    if (after !== until) return [[after, through]]
    return through > seenBefore ? [[seenBefore, through]] : []
  })
  return { seen, until: seenBefore, doubts: left }
}

/** Nobody will ever know it of what was stored at this time. */
export function doubted(ages: Ages, time: Micros): Ages {
  return { ...ages, doubts: few([...ages.doubts, [time - 1, time]]) }
}

/** What is kept of it. @param writtenAt older versions kept nothing, but what they wrote is as new as the casts that they had seen */
export function agesIn(value: Partial<Ages> | undefined, writtenAt: Micros): Ages {
  const { seen, until, doubts } = value ?? {}
  const isGood = typeof seen === 'number' && typeof until === 'number' && Array.isArray(doubts) && doubts.every(isDoubt)
  return isGood ? { seen, until, doubts } : { ...NO_AGES, seen: writtenAt }
}

/** Reads a time as JetStream writes it: "2026-01-02T03:04:05.678901234Z". */
export function microsOf(timestamp: string): Micros {
  const [, seconds = '', digits = ''] = /^([^.Z]*)(?:\.(\d*))?/.exec(timestamp) ?? []
  return Date.parse(`${seconds}Z`) * 1000 + Math.round(Number(`0.${digits || '0'}`) * 1e6)
}

/** The oldest of many become one. */
function few(doubts: readonly Doubt[]): readonly Doubt[] {
  const [first, second, ...rest] = doubts
  if (doubts.length <= MOST_DOUBTS || first === undefined || second === undefined) return doubts
  return [[Math.min(first[0], second[0]), Math.max(first[1], second[1])], ...rest]
}

function isDoubt(value: unknown): value is Doubt {
  return Array.isArray(value) && value.length === 2 && value.every((time) => typeof time === 'number')
}
