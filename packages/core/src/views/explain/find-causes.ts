import type { Cause } from './causes/cause'
import { draining, stopped } from './causes/ending'
import { breaker, crashes, stuck } from './causes/failures'
import { eventLoop, oneAtATime, reruns, slowHandlers } from './causes/handlers'
import { failingStarts, starting, startTimeout } from './causes/starts'
import { drops, expired, lateAnswers } from './causes/unanswered'
import { concurrency, keys, membersBusy, oneTenant, waitsForItself } from './causes/waiting'
import type { Evidence } from './evidence'
import { count, type Finding, withRoundedFigures } from './finding'

/** The most important first. */
const CAUSES: readonly Cause[] = [
  stopped,
  draining,
  failingStarts,
  startTimeout,
  starting,
  waitsForItself,
  breaker,
  crashes,
  stuck,
  eventLoop,
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
