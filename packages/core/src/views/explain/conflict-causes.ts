import { count } from '@genpool/runtime'
import { type Cause, SEVERAL } from './cause'

/** Handlers are run again, mostly because another commit came first. */
const reruns: Cause = ({ recent: { reruns }, run }) =>
  reruns < SEVERAL || reruns < 0.1 * run.count
    ? null
    : {
        finding: 'reruns',
        says: `handlers were run again ${count(reruns, 'time')} in ${count(run.count, 'run')}, mostly because another commit came first`,
        figures: { reruns, runs: run.count },
        advice:
          'Return a recipe instead of a state: it applies to the latest state and never conflicts. More members make more conflicts.',
        option: 'state.commit',
      }

/** Members are busy with runs that conflict: more of them at once make it worse. */
export const conflicts: Cause = (evidence) =>
  evidence.recent.reruns >= 0.5 * evidence.run.count ? reruns(evidence) : null

/** Not as many as to come before all that more members would help against. */
export const fewReruns: Cause = (evidence) => (conflicts(evidence) === null ? reruns(evidence) : null)
