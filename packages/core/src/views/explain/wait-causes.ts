import { count } from '@genpool/runtime'
import { paused } from './life-causes'
import { type Cause } from './cause'
import { conflicts } from './conflict-causes'
import { type Evidence, LONG_TURN_MS, waitForKeys } from './evidence'
import { type Finding, inWords } from './finding'
import { heldBack } from './held-causes'
import { waitsForStore } from './store-causes'
import { failingStarts, starting, startTimeout } from './start-causes'

/** One turn of the event loop that takes this long is told of, however many short ones there are. */
const BLOCKED_MS = 500
/** From this utilisation on, members have no time to spare. */
const FULL = 0.9
/** If all members have been in their handlers for so long, and for ten times as long as usual, they hang. */
const HANG_MS = 100
/** The same while it is not known what is usual. */
const FIRST_HANG_MS = 500

function requestsWait(waiting: number): string {
  return count(waiting, 'request waits', 'requests wait')
}

function stuckAdvice(stuckAfterMs: number): string {
  return stuckAfterMs === Infinity
    ? 'Find out what the handler waits for. Let handlers watch ctx.signal, and set "stuckAfter" to replace members that hang.'
    : `Find out what the handler waits for. A member that hangs is replaced after "stuckAfter" (now ${inWords(stuckAfterMs)}).`
}

/** No member becomes free: all hang. */
const allStuck: Cause = ({ allRunMs, waiting, busy, size, running, run, recent, stuckAfterMs }) => {
  const usual = run.count === 0 ? FIRST_HANG_MS : Math.max(HANG_MS, 10 * run.p99)
  const [oldest] = running
  if (oldest === undefined || allRunMs < usual) return null
  // Not those that a worker holds and has not begun.
  const since = running.filter(({ longestMs }) => longestMs >= allRunMs)
  const types = since.slice(0, 3).map(({ type }) => `"${type}"`)
  const wait = waiting === 0 ? '' : `, and ${requestsWait(waiting)}`
  return {
    finding: 'stuck',
    says: `all members (${busy} of ${size}) have been in ${types.join(' or ')} for ${inWords(allRunMs)} or longer${wait}`,
    figures: { longestMs: oldest.longestMs, runP99Ms: run.p99, givenUp: recent.stuck },
    advice: stuckAdvice(stuckAfterMs),
    option: 'stuckAfter',
  }
}

const someStuck: Cause = ({ recent, running, run, stuckAfterMs }) => {
  const [worst] = running.filter(({ longestMs }) => longestMs >= Math.max(1000, 10 * run.p99))
  if (worst === undefined && recent.stuck === 0) return null
  const now = worst === undefined ? '' : `a handler of "${worst.type}" has been running for ${inWords(worst.longestMs)}`
  const before =
    recent.stuck === 0 ? '' : `${count(recent.stuck, 'member was', 'members were')} replaced as stuck lately`
  return {
    finding: 'stuck',
    says: [now, before].filter((part) => part !== '').join(', and '),
    figures: { longestMs: worst?.longestMs ?? 0, runP99Ms: run.p99, givenUp: recent.stuck },
    advice: stuckAdvice(stuckAfterMs),
    option: 'stuckAfter',
  }
}

export const stuck: Cause = (evidence) => (evidence.waiting > 0 ? allStuck(evidence) : null) ?? someStuck(evidence)

export const eventLoop: Cause = ({ turns, blocked }) =>
  turns.p99 < LONG_TURN_MS && blocked.maxMs < BLOCKED_MS
    ? null
    : {
        finding: 'event-loop',
        says:
          `the event loop is blocked: a turn took up to ${inWords(blocked.maxMs)}, and nothing else runs meanwhile; ` +
          `long turns took ${inWords(blocked.ms)} of the last ${inWords(blocked.ofMs)}`,
        figures: {
          turnP50Ms: turns.p50,
          turnP99Ms: turns.p99,
          turnMaxMs: blocked.maxMs,
          turns: turns.count,
          blockedMs: blocked.ms,
          ofMs: blocked.ofMs,
        },
        advice: 'Split long computations, or move them to a thread. More members do not help: they share this thread.',
        option: null,
      }

const KEYS_ADVICE = 'Use a finer key, or no key where order does not matter: a commit with a recipe needs none.'
const LATEST_ADVICE =
  'Make its handler faster, or use a finer "latest": of casts with the same one, one runs at a time, and the newest waits.'

/** What helps those that wait for the turn of their key. */
export function keysAdvice(isLatest: boolean): string {
  return isLatest ? LATEST_ADVICE : KEYS_ADVICE
}

export const keys: Cause = (evidence) => {
  const { key, waiting, idle } = evidence
  if (key === null || !waitForKeys(evidence)) return null
  return {
    finding: 'keys',
    says:
      `${requestsWait(waiting)} behind a request with the same key, ${key.count} of them with ` +
      `key "${key.name}", while ${count(idle, 'member is', 'members are')} idle: a key is handled one request at a time`,
    figures: { key: key.name, ofKey: key.count, waiting, idle },
    advice: keysAdvice(key.isLatest),
    option: null,
  }
}

export const concurrency: Cause = ({ concurrency, waiting, busy, run }) => {
  // An elastic size follows the limit, so no members are set aside.
  if (concurrency === null || waiting === 0 || (concurrency.aside === 0 && busy < concurrency.limit)) return null
  const { limit, aside, floorMs, learns } = concurrency
  const held = aside === 0 ? '' : `, ${count(aside, 'is', 'are')} set aside`
  const slower = floorMs > 0 ? `; a run takes ${inWords(run.p50)}, and ${inWords(floorMs)} without a load` : ''
  return {
    finding: 'concurrency',
    says: `only ${count(limit, 'member')} may work at once${held}, and ${requestsWait(waiting)}${slower}`,
    figures: { limit, aside, waiting, runP50Ms: run.p50, floorMs },
    advice: learns
      ? 'The limit has learnt that more at once only take longer. Make the backend of the handlers faster, then call relearn(pool).'
      : 'Raise "concurrency" if the backend of the handlers can take more at once, or let it learn with "gradient".',
    option: 'concurrency',
  }
}

export const oneAtATime: Cause = ({ exclusive, busy, waiting }) =>
  !exclusive || busy < 2
    ? null
    : {
        finding: 'one-at-a-time',
        says: `${busy} members are busy, but each handler holds the state while it runs, so only one works at a time`,
        figures: { busy, waiting },
        advice:
          'Commit with recipes, and set "state.commit" to "update" or "retry": handlers then do not hold the state.',
        option: 'state.commit',
      }

/** No member is idle, if only for a moment. */
const noneIdle: Cause = (evidence) => {
  const { idle, busy, waiting, size, utilisation, oldestMs, sojourn, run, running } = evidence
  // Where each waits for the state, more members would wait, too.
  if (busy === 0 || idle > 0 || oneAtATime(evidence) !== null) return null
  const wait = waiting === 0 ? '' : `, and ${requestsWait(waiting)}, the oldest for ${inWords(oldestMs)}`
  const most = running[0] === undefined ? '' : `; most of the time goes into "${running[0].type}"`
  return {
    finding: 'members-busy',
    says: `all members are busy (${busy} of ${size})${wait}${most}`,
    figures: { size, waiting, oldestMs, utilisation, waitP90Ms: sojourn.p90, runP50Ms: run.p50, runP99Ms: run.p99 },
    ...sizeAdvice(evidence),
  }
}

function sizeAdvice({ size, maxSize, starting, turns }: Evidence): Pick<Finding, 'advice' | 'option'> {
  if (turns.p99 >= LONG_TURN_MS) {
    const advice =
      'Members compute on one thread, so more of them do not help. Make handlers cheaper, or send fewer requests.'
    return { advice, option: null }
  }
  if (maxSize === null || size >= maxSize) {
    const option = maxSize === null ? 'size' : 'size.max'
    const advice = `Raise "${option}" (now ${maxSize ?? size}) if the backend of the handlers can take more at once, or make handlers faster.`
    return { advice, option }
  }
  const more =
    starting > 0
      ? `More members are starting, up to ${maxSize}.`
      : `"size.valve" holds more members back, up to ${maxSize}.`
  return {
    advice: `${more} If that is too slow, change "size.valve" or raise "size.min".`,
    option: 'size.valve',
  }
}

export const membersBusy: Cause = (evidence) => {
  const { waiting, size, utilisation } = evidence
  return waiting > 0 && (utilisation >= FULL || waiting >= size) ? noneIdle(evidence) : null
}

/**
 * Why a member does not take the next request now, for errors as for explanations; null if one would.
 *
 * @param held what a limit holds back: for one request, only what holds that one
 */
export function whyWaiting(evidence: Evidence, held = mostHeld(evidence)): Finding | null {
  const { busy, idle, exclusive } = evidence
  const noneStarted = busy + idle === 0
  return (
    paused(evidence) ??
    (noneStarted ? (failingStarts(evidence) ?? startTimeout(evidence) ?? starting(evidence)) : null) ??
    waitsForStore(evidence) ??
    allStuck(evidence) ??
    (exclusive && evidence.recent.stuck === 0 ? someStuck(evidence) : null) ??
    eventLoop(evidence) ??
    held ??
    conflicts(evidence) ??
    concurrency(evidence) ??
    keys(evidence) ??
    oneAtATime(evidence) ??
    noneIdle(evidence)
  )
}

function mostHeld(evidence: Evidence): Finding | null {
  return heldBack(evidence)[0] ?? null
}
