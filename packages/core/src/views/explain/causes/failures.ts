// Handlers crash or hang.
import { count, inWords } from '../finding'
import type { Cause } from './cause'

export const breaker: Cause = ({ breaker, recent }) =>
  breaker === undefined || breaker.state === 'closed'
    ? null
    : {
        finding: 'breaker',
        says: `the circuit breaker is ${breaker.state}: handlers or starts keep failing, so requests are refused at once`,
        figures: { retryAfterMs: breaker.retryAfterMs, refused: recent.drops['breaker'] ?? 0 },
        advice: 'Fix what makes handlers crash. The breaker closes when its probes succeed.',
        option: 'breaker',
      }

export const crashes: Cause = ({ recent: { crashes, crash }, run }) =>
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

export const stuck: Cause = ({ recent, running, run }) => {
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
