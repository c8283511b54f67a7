import { count } from '@genpool/runtime'
import type { Cause } from './cause'
import type { Evidence } from './evidence'
import { type Finding, inWords } from './finding'

/** A start that takes this long is worth a look, also if other members work. */
const LONG_START_MS = 1000

function dyingStarts({ failedStarts, initError, starting, size }: Evidence): Finding {
  const members = count(failedStarts, 'member in a row has died as it', 'members in a row have died as they')
  return {
    finding: 'failing-starts',
    says: `${members} started, before ${failedStarts === 1 ? 'it' : 'they'} had done anything, the last one of: ${initError}`,
    figures: { failedStarts, starting, size },
    advice:
      'Fix what ends it: a rejection that nobody handles, an error in a timer or an event, or process.exit, mostly in what ' +
      'its module does when it is loaded. Another one starts after a growing wait, until "restart.attempts" have died.',
    option: 'restart.attempts',
  }
}

export const failingStarts: Cause = (evidence) => {
  const { failedStarts, startTimedOut, startDied, initError, starting, size } = evidence
  if (failedStarts === 0 || startTimedOut) return null
  return startDied
    ? dyingStarts(evidence)
    : {
        finding: 'failing-starts',
        says: `init has failed ${count(failedStarts, 'time')} in a row, last with: ${initError}`,
        figures: { failedStarts, starting, size },
        advice:
          'Fix what init needs. It is retried after a growing wait, until it has failed "restart.attempts" times.',
        option: 'restart.attempts',
      }
}

export const startTimeout: Cause = ({ failedStarts, startTimedOut, timedOutStarts, initError, starting, size }) =>
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

export const starting: Cause = ({
  phase,
  waiting,
  busy,
  idle,
  starting,
  oldestStartMs,
  startWaitsFor,
  failedStarts,
}) =>
  failedStarts > 0 || (busy + idle > 0 && oldestStartMs < LONG_START_MS) || (starting === 0 && phase !== 'starting')
    ? null
    : {
        finding: 'starting',
        says:
          `${busy + idle > 0 ? count(starting, 'member has', 'members have') + ' not started' : 'no member is ready yet'}, and ` +
          `${count(waiting, 'request waits', 'requests wait')}: ` +
          (oldestStartMs > 0
            ? `${startWaitsFor} has not answered for ${inWords(oldestStartMs)}`
            : `${startWaitsFor} has not returned`),
        figures: { starting, waiting, longestMs: oldestStartMs },
        advice: `Make ${startWaitsFor} faster, or await ready(pool) before you send requests.`,
        option: null,
      }
