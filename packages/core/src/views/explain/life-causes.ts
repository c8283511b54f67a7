import { count } from '@genpool/runtime'
import type { Cause } from './cause'
import type { Evidence } from './evidence'
import { inWords } from './finding'

/** What to do about a pool that has stopped. */
export function stoppedAdvice(gaveUp: boolean): string {
  return gaveUp ? 'Fix the cause and spawn a new pool.' : 'Spawn a new pool.'
}

export const stopped: Cause = ({ phase, cause }) =>
  phase !== 'stopped'
    ? null
    : {
        finding: 'stopped',
        says: cause === null ? 'the pool was stopped; it takes no requests' : `the pool gave up and stopped: ${cause}`,
        figures: {},
        advice: stoppedAdvice(cause !== null),
        option: cause === null ? null : 'restart',
      }

/** What has run for a second or longer. */
function runningFor(running: Evidence['running'][number] | undefined): string {
  if (running === undefined || running.longestMs < 1000) return ''
  return `; a handler of "${running.type}" has been running for ${inWords(running.longestMs)}`
}

export const paused: Cause = ({ paused, waiting, oldestMs, busy }) =>
  paused
    ? {
        finding: 'paused',
        says: `the pool is paused: ${count(waiting, 'request waits', 'requests wait')}${waiting > 0 ? `, the oldest for ${inWords(oldestMs)}` : ''}`,
        figures: { waiting, oldestMs, busy },
        advice: 'Call resume(pool). Deadlines go on while it is paused.',
        option: 'paused',
      }
    : null

export const draining: Cause = ({ phase, waiting, busy, running: [oldest] }) =>
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
