import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { ALWAYS, type PlainTurn } from './hand-over'
import { PLAIN } from './names'

/** For so long a lane that had nothing is not asked again, while members are scarce. */
const QUIET = 50 * NS_PER_MS
/** A lane of keys that says nothing for so long has a cast in hand elsewhere. */
const GRACE = 20 * NS_PER_MS
/** An answer that has not come for so long was lost. */
const SILENT = 3000 * NS_PER_MS
const STALE = 60_000 * NS_PER_MS
/** How long a request for casts to come stays at the server. */
export const STAY_MS = 10_000

/** It is not worth a request if it would stay for less. */
const SHORTEST_MS = 10

/** One request for casts of a lane. */
export interface Pull {
  readonly lane: number
  readonly batch: number
  /** Whether it waits at the server until there is something. */
  readonly stays: boolean
  /** How long, in milliseconds; `STAY_MS` unless it is said. */
  readonly staysMs?: number
}

/** What is to be done now. */
export interface PullPlan {
  /** Requests that wait at the server must end: nobody could take what they bring. */
  readonly cancel: boolean
  readonly pulls: readonly Pull[]
  /** Answers that must have come are missing. */
  readonly silent: boolean
  /** When to look again at the latest. */
  readonly wakeAt: Nanos
}

class LaneState {
  /** How many casts are asked for and have not come. */
  open = 0
  stays = false
  /** When it was asked, or said something. */
  since: Nanos = 0
  /** When it was empty, or blocked, last. */
  quietAt: Nanos = -Infinity
  /** A cast of it is in hand here: of a lane of keys no other one can come. */
  busy = false
  /** Until then others are to have it. */
  leftUntil: Nanos = -Infinity
}

/**
 * Which lanes to ask for how many casts, so that no more come than members are idle. Pure: time is an argument.
 *
 * While lanes have something, what is asked for is counted, and never more than there is room. When all have nothing, each gets a
 * request that waits at the server, so that a new cast comes at once; a burst may then bring a few too many, which are given back.
 */
export class Pulls {
  readonly #lanes: readonly LaneState[]
  /** Where the next round begins, so that each lane of keys gets its turn. */
  #turn = 0

  constructor(lanes: number) {
    this.#lanes = Array.from({ length: lanes + 1 }, () => new LaneState())
  }

  /** How many casts are asked for. */
  get open(): number {
    return this.#lanes.reduce((sum, { open }) => sum + open, 0)
  }

  /** A cast has come. */
  got(index: number, now: Nanos): void {
    const lane = this.#lane(index)
    lane.since = now
    lane.open = Math.max(0, lane.open - 1)
    if (index !== PLAIN) lane.busy = true
  }

  /** A cast is no longer in hand here. */
  finished(index: number): void {
    const lane = this.#lane(index)
    if (index === PLAIN) return
    lane.busy = false
    lane.quietAt = -Infinity
  }

  /** A lane of keys is not asked until then: others are to have it. */
  leave(index: number, until: Nanos): void {
    this.#lane(index).leftUntil = until
  }

  /** A request has ended, and so many of its casts did not come. */
  ended(index: number, left: number, now: Nanos): void {
    const lane = this.#lane(index)
    lane.open = Math.max(0, lane.open - left)
    lane.since = lane.quietAt = now
  }

  /** All requests are gone. */
  reset(): void {
    for (const lane of this.#lanes) {
      lane.open = 0
      lane.quietAt = -Infinity
    }
  }

  /** @param turn whether casts without a key may be asked for now */
  plan(room: number, now: Nanos, turn: PlainTurn = ALWAYS): PullPlan {
    const silent = this.#lanes.some((lane, index) => isSilent(lane, index, now))
    if (silent) return { ...this.#cancelled(now), silent, wakeAt: now }
    if (this.#lanes.some((lane, index) => isStale(lane, index, now))) return { ...this.#cancelled(now), wakeAt: now }
    if (room <= 0) return this.#cancelled(now)
    const asks = this.#asks(room, now, turn)
    const pulls = asks ?? this.#stays(room, now, turn)
    for (const { lane: index, batch, stays } of pulls) {
      const lane = this.#lane(index)
      if (lane.open === 0) lane.since = now
      lane.open += batch
      lane.stays = stays
    }
    const changesAt = now + turn.changesInMs * NS_PER_MS
    return { cancel: false, pulls, silent, wakeAt: Math.min(changesAt, this.#wakeAt(now)) }
  }

  #cancelled(now: Nanos): PullPlan {
    const cancel = this.#lanes.some(({ open }) => open > 0)
    for (const lane of this.#lanes) {
      if (lane.open > 0 && (lane.stays || now - lane.since > GRACE)) lane.quietAt = now
      lane.open = 0
    }
    return { cancel, pulls: [], silent: false, wakeAt: Infinity }
  }

  /** What to ask for now; null if all lanes are quiet. */
  #asks(all: number, now: Nanos, { mayAsk }: PlainTurn): Pull[] | null {
    const keyed = this.#ready(now)
    const plain = this.#lane(PLAIN)
    const isPlainReady = mayAsk && !(plain.stays && plain.open > 0) && now - plain.quietAt > QUIET
    const counted = this.#lanes.filter((lane, index) => isCounted(lane, index, now))
    if (keyed.length === 0 && !isPlainReady && counted.length === 0) return null
    const room = all - counted.reduce((sum, { open }) => sum + open, 0)
    if (room <= 0) return []
    const half = Math.floor((room + (this.#turn % 2)) / 2)
    const share = isPlainReady ? half : room
    const asks = keyed.slice(0, share).map((lane) => ({ lane, batch: 1, stays: false }))
    this.#turn++
    const rest = room - asks.length
    if (isPlainReady && isWorthwhile(plain, rest)) asks.push({ lane: PLAIN, batch: rest, stays: false })
    return asks
  }

  /** The lanes of keys that may have something, in their order for this round. */
  #ready(now: Nanos): number[] {
    const { length } = this.#lanes
    const ready: number[] = []
    for (let i = 0; i < length - 1; i++) {
      const index = 1 + ((this.#turn + i) % (length - 1))
      const lane = this.#lane(index)
      if (isAskable(lane, now) && now - lane.quietAt > QUIET) ready.push(index)
    }
    return ready
  }

  #stays(room: number, now: Nanos, { mayAsk, changesInMs }: PlainTurn): Pull[] {
    const plainMs = mayAsk ? Math.min(STAY_MS, changesInMs) : 0
    return this.#lanes.flatMap((lane, index): Pull[] => {
      if (index !== PLAIN) return isAskable(lane, now) ? [{ lane: index, batch: 1, stays: true }] : []
      const batch = plainMs < SHORTEST_MS ? 0 : topUp(lane, room)
      if (batch === 0) return []
      return [{ lane: index, batch, stays: true, ...(plainMs < STAY_MS ? { staysMs: plainMs } : {}) }]
    })
  }

  #wakeAt(now: Nanos): Nanos {
    return this.#lanes.reduce((least, lane, index) => {
      if (lane.open === 0) return lane.leftUntil > now ? Math.min(least, lane.leftUntil) : least
      const grace = index !== PLAIN && !lane.stays && now <= lane.since + GRACE ? lane.since + GRACE + 1 : Infinity
      return Math.min(least, grace, silentAt(lane, index))
    }, Infinity)
  }

  #lane(index: number): LaneState {
    return this.#lanes[index] as LaneState
  }
}

/** Few large requests instead of many small ones: what is asked for already comes first. At a third, since the way takes a while. */
function isWorthwhile({ open }: LaneState, more: number): boolean {
  return more > 0 && more * 3 >= open
}

/** Whether a lane of keys may be asked. */
function isAskable({ open, busy, leftUntil }: LaneState, now: Nanos): boolean {
  return open === 0 && !busy && leftUntil <= now
}

function topUp(lane: LaneState, room: number): number {
  const more = room - lane.open
  return isWorthwhile(lane, more) ? more : 0
}

/** Whether what it is asked for may come at any moment. */
function isCounted(lane: LaneState, index: number, now: Nanos): boolean {
  return lane.open > 0 && !lane.stays && (index === PLAIN || now <= lane.since + GRACE)
}

/** When the last answer must have come. A lane of keys whose cast is in hand elsewhere may keep silent. */
function silentAt({ stays, since }: LaneState, index: number): Nanos {
  if (stays) return since + STAY_MS * NS_PER_MS + SILENT
  return index === PLAIN ? since + SILENT : Infinity
}

/** A lane of keys that was asked long ago is asked again, in case that was lost. */
function isStale({ open, stays, since }: LaneState, index: number, now: Nanos): boolean {
  return open > 0 && !stays && index !== PLAIN && now > since + STALE
}

function isSilent(lane: LaneState, index: number, now: Nanos): boolean {
  return lane.open > 0 && now > silentAt(lane, index)
}
