// Handlers are slow, or do more work than they need.
import { count, inWords } from '../finding'
import { type Cause, LONG_TURN_MS, SEVERAL } from './cause'

export const eventLoop: Cause = ({ turns }) =>
  turns.p99 < LONG_TURN_MS
    ? null
    : {
        finding: 'event-loop',
        says: `the event loop is blocked: a turn took up to ${inWords(turns.max)}, and nothing else runs meanwhile`,
        figures: { turnP50Ms: turns.p50, turnP99Ms: turns.p99, turnMaxMs: turns.max, turns: turns.count },
        advice: 'Split long computations, or move them to a thread. More members do not help: they share this thread.',
        option: null,
      }

export const slowHandlers: Cause = ({ run, timeoutMs, running }) =>
  run.count < SEVERAL || run.p50 < timeoutMs / 4
    ? null
    : {
        finding: 'slow-handlers',
        says: `handlers are slow: half of the runs take ${inWords(run.p50)} or more, and callers wait ${inWords(timeoutMs)} by default`,
        figures: { runP50Ms: run.p50, runP99Ms: run.p99, timeoutMs, ...(running[0] && { type: running[0].type }) },
        advice: 'Make the backend of the handlers faster, or give callers a longer "timeout".',
        option: 'timeout',
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

export const reruns: Cause = ({ recent: { reruns }, run }) =>
  reruns < SEVERAL || reruns < 0.1 * run.count
    ? null
    : {
        finding: 'reruns',
        says: `handlers were run again ${count(reruns, 'time')} in ${count(run.count, 'run')}, mostly because another commit came first`,
        figures: { reruns, runs: run.count },
        advice: 'Return a recipe instead of a state: it applies to the latest state and never conflicts.',
        option: 'state.commit',
      }
