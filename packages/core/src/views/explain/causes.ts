import { count } from '@genpool/runtime'
import { circleInWords } from '../../requests/circle-words'
import type { Circle } from '../../requests/request-owner'
import { type Cause, SEVERAL } from './cause'
import { conflicts, fewReruns } from './conflict-causes'
import type { Evidence } from './evidence'
import { expired, LATE_ADVICE } from './expiry-causes'
import { busyOf, type Finding, inWords, withRoundedFigures } from './finding'
import { heldBack } from './held-causes'
import { noKeys } from './key-causes'
import { draining, paused, stopped } from './life-causes'
import { breaker, drops } from './loss-causes'
import { store } from './store-causes'
import { failingStarts, starting, startTimeout } from './start-causes'
import { oneTenant } from './tenant-causes'
import { concurrency, eventLoop, keys, membersBusy, oneAtATime, stuck } from './wait-causes'

const crashes: Cause = ({ recent: { crashes, crash }, run }) =>
  crashes === 0
    ? null
    : {
        finding: 'crashes',
        says: `${count(crashes, 'handler')} crashed lately, last with: ${crash}`,
        figures: { crashes, runs: run.count },
        advice:
          'Fix the cause. "retryOnCrash" retries messages that may run twice; "breaker" refuses callers at once while ' +
          'crashes last.',
        option: 'retryOnCrash',
      }

const deaths: Cause = ({ recent: { deaths, death }, size }) =>
  deaths === 0
    ? null
    : {
        finding: 'deaths',
        says: `${count(deaths, 'member')} died lately while ${deaths === 1 ? 'it' : 'they'} ran nothing, the last one of: ${death}`,
        figures: { deaths, size },
        advice:
          'Fix what ends it: a rejection that nobody handles, an error in a timer or an event, or process.exit, mostly in what ' +
          'a handler or its module left behind. It was replaced, and no message was lost.',
        option: null,
      }

const slowHandlers: Cause = ({ run, timeoutMs, running }) =>
  run.count < SEVERAL || run.p50 < timeoutMs / 4
    ? null
    : {
        finding: 'slow-handlers',
        says: `handlers are slow: half of the runs take ${inWords(run.p50)} or more, and callers wait ${inWords(timeoutMs)} by default`,
        figures: { runP50Ms: run.p50, runP99Ms: run.p99, timeoutMs, ...(running[0] && { type: running[0].type }) },
        advice: 'Make the backend of the handlers faster, or give callers a longer "timeout".',
        option: 'timeout',
      }

const retries: Cause = ({ recent: { unretried } }) =>
  unretried === 0
    ? null
    : {
        finding: 'retries',
        says: `${count(unretried, 'failed call was', 'failed calls were')} not repeated: retries may be a tenth of the calls, and 3 a second`,
        figures: { unretried },
        advice: 'Do not retry more: it would make the overload worse. See the other findings.',
        option: null,
      }

const lateAnswers: Cause = ({ late, oldestLateMs }) =>
  late === 0 || oldestLateMs < 1000
    ? null
    : {
        finding: 'late-answers',
        says: `${count(late, 'call waits', 'calls wait')} for a later answer (the handler returned without one), the oldest for ${inWords(oldestLateMs)}`,
        figures: { late, oldestLateMs },
        advice: LATE_ADVICE,
        option: null,
      }

const waitsForItself: Cause = ({ selfWait, busy, waiting }) =>
  selfWait === null
    ? null
    : { finding: 'waits-for-itself', ...circleInWords(selfWait), figures: { busy, waiting }, option: null }

const CAUSES: readonly ((evidence: Evidence) => Finding | readonly Finding[] | null)[] = [
  stopped,
  draining,
  paused,
  failingStarts,
  startTimeout,
  starting,
  waitsForItself,
  store,
  breaker,
  crashes,
  deaths,
  stuck,
  eventLoop,
  heldBack,
  keys,
  oneTenant,
  conflicts,
  concurrency,
  oneAtATime,
  membersBusy,
  slowHandlers,
  fewReruns,
  drops,
  retries,
  expired,
  lateAnswers,
  noKeys,
]

/** What members look like that wait for their store. */
const FOLLOWS_STORE: readonly unknown[] = [stuck, oneAtATime, membersBusy, slowHandlers]
/** What members look like that wait for themselves. Its advice would not help. */
const FOLLOWS_CIRCLE: Readonly<Record<Circle['by'], readonly unknown[]>> = {
  members: [stuck, concurrency, membersBusy],
  key: [keys],
  state: [oneAtATime],
  // Of what holds requests back, only the limits: `heldBack` leaves them out.
  limit: [],
  share: [],
}

/** What requests look like that wait since nothing may begin: after `resume` it may be no fault. */
const FOLLOWS_PAUSE: readonly unknown[] = [keys, oneTenant, concurrency, oneAtATime, membersBusy]

/** What members look like that mostly run again: with more of them, more would. */
const FOLLOWS_CONFLICTS: readonly unknown[] = [concurrency, membersBusy]

/** Finds what limits a pool, the most important cause first; `calm` if nothing does. Pure. */
export function findCauses(evidence: Evidence): readonly Finding[] {
  const ended = stopped(evidence)
  const findings = ended ? [ended] : causesIn(evidence).flatMap((cause) => cause(evidence) ?? [])
  return (findings.length > 0 ? findings : [calm(evidence)]).map(withRoundedFigures)
}

/** Those that do not follow from another one. */
function causesIn(evidence: Evidence): typeof CAUSES {
  const { selfWait } = evidence
  const follows = new Set([
    ...(evidence.paused ? FOLLOWS_PAUSE : []),
    ...(store(evidence) === null ? [] : FOLLOWS_STORE),
    ...(selfWait === null ? [] : FOLLOWS_CIRCLE[selfWait.by]),
    ...(conflicts(evidence) === null ? [] : FOLLOWS_CONFLICTS),
  ])
  return CAUSES.filter((cause) => !follows.has(cause))
}

function calm({ idle, busy, size, waiting, utilisation, sojourn, run }: Evidence): Finding {
  return {
    finding: 'calm',
    says: `nothing limits the pool: ${busyOf(busy, size)}, ${count(waiting, 'request waits', 'requests wait')}`,
    figures: { idle, busy, waiting, utilisation, waitP90Ms: sojourn.p90, runP50Ms: run.p50, runs: run.count },
    advice: 'Change nothing.',
    option: null,
  }
}
