import type { Evidence } from './evidence'
import { adviceFor } from './drop-advice'
import { heldByLimits, heldByRate } from './held'
import { count, type Finding, inWords, percent, withRoundedFigures } from './finding'

/** Looks for one cause in the evidence; null if it is not there. */
type Cause = (evidence: Evidence) => Finding | Finding[] | null

/** A turn of the event loop that takes this long delays everything else in the process. */
const LONG_TURN_MS = 100
/** A start that takes this long is worth a look, also if other members work. */
const LONG_START_MS = 1000
/** From this utilisation on, members have no time to spare. */
const FULL = 0.9
/** Fewer events than this within 10 to 20 seconds are not a pattern. */
const SEVERAL = 5

const stopped: Cause = ({ phase, cause }) =>
  phase !== 'stopped'
    ? null
    : {
        finding: 'stopped',
        says: cause === null ? 'the pool was stopped; it takes no requests' : `the pool gave up and stopped: ${cause}`,
        figures: {},
        advice: cause === null ? 'Spawn a new pool.' : 'Fix the cause and spawn a new pool.',
        option: cause === null ? null : 'restart',
      }

/** What has run for a second or longer. */
function runningFor(running: Evidence['running'][number] | undefined): string {
  if (running === undefined || running.longestMs < 1000) return ''
  return `; a handler of "${running.type}" has been running for ${inWords(running.longestMs)}`
}

const draining: Cause = ({ phase, waiting, busy, running: [oldest] }) =>
  phase !== 'draining'
    ? null
    : {
        finding: 'draining',
        says: `the pool is draining: it accepts no new requests, and ${count(waiting + busy, 'request is', 'requests are')} left${runningFor(oldest)}`,
        figures: { waiting, busy },
        advice:
          'It stops when they are done. To limit the wait, use drain(pool, { within }). A handler that awaits the drain of its ' +
          'own pool must call it before its first await; later it waits for itself.',
        option: null,
      }

const failingStarts: Cause = ({ failedStarts, startTimedOut, initError, starting, size }) =>
  failedStarts === 0 || startTimedOut
    ? null
    : {
        finding: 'failing-starts',
        says: `init has failed ${count(failedStarts, 'time')} in a row, last with: ${initError}`,
        figures: { failedStarts, starting, size },
        advice:
          'Fix what init needs. It is retried after a growing wait, until it has failed "restart.attempts" times.',
        option: 'restart.attempts',
      }

const startTimeout: Cause = ({ failedStarts, startTimedOut, timedOutStarts, initError, starting, size }) =>
  failedStarts === 0 || !startTimedOut
    ? null
    : {
        finding: 'start-timeout',
        says: `${count(failedStarts, 'start')} failed in a row, the last one because it took too long: ${initError}`,
        figures: { failedStarts, timedOut: timedOutStarts, starting, size },
        advice:
          'Find what init waits for, and give that a time limit of its own. Raise "restart.startTimeout" if it needs longer.',
        option: 'restart.startTimeout',
      }

const starting: Cause = ({ phase, waiting, busy, idle, starting, oldestStartMs, failedStarts }) =>
  failedStarts > 0 || (busy + idle > 0 && oldestStartMs < LONG_START_MS) || (starting === 0 && phase !== 'starting')
    ? null
    : {
        finding: 'starting',
        says: `${busy + idle > 0 ? count(starting, 'member has', 'members have') + ' not started' : 'no member is ready yet'}, and ${count(waiting, 'request waits', 'requests wait')}: ${oldestStartMs > 0 ? `init has not answered for ${inWords(oldestStartMs)}` : 'init has not returned'}`,
        figures: { starting, waiting, longestMs: oldestStartMs },
        advice: 'Make init faster, or await ready(pool) before you send requests.',
        option: null,
      }

const breaker: Cause = ({ breaker, recent }) =>
  breaker === undefined || breaker.state === 'closed'
    ? null
    : {
        finding: 'breaker',
        says: `the circuit breaker is ${breaker.state}: handlers or starts keep failing, so requests are refused at once`,
        figures: { retryAfterMs: breaker.retryAfterMs, refused: recent.drops['breaker'] ?? 0 },
        advice: 'Fix what makes handlers crash. The breaker closes when its probes succeed.',
        option: 'breaker',
      }

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

const stuck: Cause = ({ recent, running, run }) => {
  const hanging = running.filter(({ longestMs }) => longestMs >= Math.max(1000, 10 * run.p99))
  const [worst] = hanging
  if (worst === undefined && recent.stuck === 0) return null
  const now = worst === undefined ? '' : `a handler of "${worst.type}" has been running for ${inWords(worst.longestMs)}`
  const before =
    recent.stuck === 0 ? '' : `${count(recent.stuck, 'member was', 'members were')} replaced as stuck lately`
  return {
    finding: 'stuck',
    says: [now, before].filter((part) => part !== '').join(', and '),
    figures: { longestMs: worst?.longestMs ?? 0, runP99Ms: run.p99, givenUp: recent.stuck },
    advice:
      'Find out what the handler waits for. Let handlers watch ctx.signal, and set "stuckAfter" to replace members that hang.',
    option: 'stuckAfter',
  }
}

const eventLoop: Cause = ({ turns }) =>
  turns.p99 < LONG_TURN_MS
    ? null
    : {
        finding: 'event-loop',
        says: `the event loop is blocked: a turn took up to ${inWords(turns.max)}, and nothing else runs meanwhile`,
        figures: { turnP50Ms: turns.p50, turnP99Ms: turns.p99, turnMaxMs: turns.max, turns: turns.count },
        advice: 'Split long computations, or move them to a thread. More members do not help: they share this thread.',
        option: null,
      }

const keys: Cause = ({ key, waiting, idle, concurrency }) =>
  key === null || idle === 0 || waiting === 0 || (concurrency?.aside ?? 0) === idle
    ? null
    : {
        finding: 'keys',
        says:
          `${count(waiting, 'request waits', 'requests wait')} behind a request with the same key, ${key.count} of them with ` +
          `key "${key.name}", while ${count(idle, 'member is', 'members are')} idle: a key is handled one request at a time`,
        figures: { key: key.name, ofKey: key.count, waiting, idle },
        advice: 'Use a finer key, or no key where order does not matter: a commit with a recipe needs none.',
        option: null,
      }

const oneTenant: Cause = ({ tenant, waiting }) =>
  tenant === null || waiting < SEVERAL || tenant.count < waiting / 2
    ? null
    : {
        finding: 'one-tenant',
        says:
          `${tenant.count} of ${count(waiting, 'waiting request')} belong to "${tenant.name}"; the fair queue serves it in ` +
          'turn with the others',
        figures: { tenant: tenant.name, ofTenant: tenant.count, tenants: tenant.tenants, waiting },
        advice:
          'The others get their turns. To bound how many requests one of them may have waiting, set "broker.client.queue.max".',
        option: 'broker.client.queue.max',
      }

const concurrency: Cause = ({ concurrency, waiting, busy, run }) => {
  // An elastic size follows the limit, so no members are set aside.
  if (concurrency === null || waiting === 0 || (concurrency.aside === 0 && busy < concurrency.limit)) return null
  const { limit, aside, floorMs, learns } = concurrency
  const held = aside === 0 ? '' : `, ${count(aside, 'is', 'are')} set aside`
  const slower = floorMs > 0 ? `; a run takes ${inWords(run.p50)}, and ${inWords(floorMs)} without a load` : ''
  return {
    finding: 'concurrency',
    says: `only ${limit} members may work at once${held}, and ${count(waiting, 'request waits', 'requests wait')}${slower}`,
    figures: { limit, aside, waiting, runP50Ms: run.p50, floorMs },
    advice: learns
      ? 'The limit has learnt that more at once only take longer. Make the backend of the handlers faster, then call relearn(pool).'
      : 'Raise "concurrency" if the backend of the handlers can take more at once, or let it learn with "gradient".',
    option: 'concurrency',
  }
}

const membersBusy: Cause = (evidence) => {
  const { idle, busy, waiting, size, maxSize, utilisation, oldestMs, sojourn, run, running, turns } = evidence
  const full = busy > 0 && idle === 0 && waiting > 0 && (utilisation >= FULL || waiting >= size)
  if (!full) return null
  const option = maxSize === null ? 'size' : 'size.max'
  const bounded = maxSize === null || size >= maxSize
  const computes = turns.p99 >= LONG_TURN_MS
  return {
    finding: 'members-busy',
    says:
      `all members are busy (${busy} of ${size}), and ${count(waiting, 'request waits', 'requests wait')}, ` +
      `the oldest for ${inWords(oldestMs)}${running[0] === undefined ? '' : `; most of the time goes into "${running[0].type}"`}`,
    figures: { size, waiting, oldestMs, utilisation, waitP90Ms: sojourn.p90, runP50Ms: run.p50, runP99Ms: run.p99 },
    advice: computes
      ? 'Members compute on one thread, so more of them do not help. Make handlers cheaper, or send fewer requests.'
      : bounded
        ? `Raise "${option}" (now ${maxSize ?? size}) if the backend of the handlers can take more at once, or make handlers faster.`
        : `More members are starting, up to ${maxSize}. If that is too slow, change "size.valve" or raise "size.min".`,
    option: computes ? null : bounded ? option : 'size.valve',
  }
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

const oneAtATime: Cause = ({ exclusive, busy, waiting }) =>
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

const reruns: Cause = ({ recent: { reruns }, run }) =>
  reruns < SEVERAL || reruns < 0.1 * run.count
    ? null
    : {
        finding: 'reruns',
        says: `handlers were run again ${count(reruns, 'time')} in ${count(run.count, 'run')}, mostly because another commit came first`,
        figures: { reruns, runs: run.count },
        advice: 'Return a recipe instead of a state: it applies to the latest state and never conflicts.',
        option: 'state.commit',
      }

const drops: Cause = ({ recent, run }) => {
  const all = Object.entries(recent.drops).sort(([, a], [, b]) => b - a)
  const total = all.reduce((sum, [, dropped]) => sum + dropped, 0)
  return all.map(([reason, dropped]) => {
    const { says, advice, option } = adviceFor(reason)
    const share = percent(dropped / (total + run.count))
    return {
      finding: 'drops',
      says: `${count(dropped, 'request was', 'requests were')} dropped lately (${share}) because ${says}`,
      figures: { reason, dropped, runs: run.count },
      advice,
      option,
    }
  })
}

const expired: Cause = ({ recent, timeoutMs, sojourn, run }) => {
  // Deadlines that the broker found passed are counted as drops.
  const others = recent.expired - (recent.drops['expired'] ?? 0)
  if (others <= 0) return null
  return {
    finding: 'expired',
    says: `${count(others, 'caller')} gave up lately before an answer came`,
    figures: { expired: others, waitP90Ms: sojourn.p90, runP90Ms: run.p90, timeoutMs },
    advice:
      'If they gave up while waiting, see the other findings. If they gave up while a handler ran, handlers are slow or "timeout" is short.',
    option: 'timeout',
  }
}

const lateAnswers: Cause = ({ late, oldestLateMs }) =>
  late === 0 || oldestLateMs < 1000
    ? null
    : {
        finding: 'late-answers',
        says: `${count(late, 'call waits', 'calls wait')} for a later answer (noReply), the oldest for ${inWords(oldestLateMs)}`,
        figures: { late, oldestLateMs },
        advice: 'Make sure that the code which got ctx.from always answers, also after an error: from.fail(error).',
        option: null,
      }

const CAUSES: readonly Cause[] = [
  stopped,
  draining,
  failingStarts,
  startTimeout,
  starting,
  breaker,
  crashes,
  stuck,
  eventLoop,
  heldByRate,
  heldByLimits,
  keys,
  oneTenant,
  concurrency,
  membersBusy,
  slowHandlers,
  oneAtATime,
  reruns,
  drops,
  expired,
  lateAnswers,
]

/** Finds what limits a pool, the most important cause first; `calm` if nothing does. Pure. */
export function findCauses(evidence: Evidence): readonly Finding[] {
  const [ended] = [stopped(evidence)].flat()
  const findings = ended ? [ended] : CAUSES.flatMap((cause) => cause(evidence) ?? [])
  return (findings.length > 0 ? findings : [calm(evidence)]).map(withRoundedFigures)
}

function calm({ idle, busy, size, waiting, utilisation, sojourn, run }: Evidence): Finding {
  return {
    finding: 'calm',
    says: `nothing limits the pool: ${busy} of ${count(size, 'member')} are busy, ${count(waiting, 'request waits', 'requests wait')}`,
    figures: { idle, busy, waiting, utilisation, waitP90Ms: sojourn.p90, runP50Ms: run.p50, runs: run.count },
    advice: 'Change nothing.',
    option: null,
  }
}
