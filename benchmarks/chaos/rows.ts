import { count, grown, inTenths, lasting } from '../lasting'
import type { Row } from '../measure'
import { FORMS } from './deaths'
import type { Found } from './found'

/** Whether all went as it should. */
export function rowsOf(found: Found): readonly Row[] {
  const { ledger, deaths, unexpected, accepted, settled, left, threads, heaps, resident } = found
  const outcomes = Object.entries(ledger.outcomes).map(([outcome, n]) => `${count(n)} ${nameOf(outcome)}`)
  return [
    lasting({
      title: 'calls without an outcome, or with two',
      value: Math.max(ledger.unanswered, ledger.twice, Math.abs(accepted - settled), left),
      detail: `of ${count(ledger.calls)}: ${outcomes.join(', ')}`,
    }),
    lasting({ title: 'answers to another call', value: ledger.outcomes['wrong'] ?? 0 }),
    lasting({
      title: 'messages whose commit is not what was said of it',
      value: ledger.untrue,
      detail: `the sum in the state is ${count(ledger.sums.state)}, ${count(ledger.sums.acknowledged)} were acknowledged; ${count(ledger.casts)} were casts`,
    }),
    lasting({
      title: 'ways to die that did not occur',
      value: FORMS.filter((form) => deaths[form] === 0).length,
      detail: FORMS.map((form) => `${DEATHS[form]}: ${count(deaths[form])}`).join(', '),
    }),
    lasting({
      title: 'errors that no message has asked for',
      value: unexpected.length,
      detail: [...new Set(unexpected)].slice(0, 3).join('; '),
    }),
    lasting({ title: 'threads left in the end', value: threads.left, detail: `of ${count(threads.started)}` }),
    lasting({ title: 'threads that ended and are still in memory', value: threads.kept, bars: [3, 0] }),
    growth('objects in the heap, last tenth against the second', heaps),
    growth('memory of the process, last tenth against the second', resident),
  ]
}

const DEATHS = {
  exit: 'process.exit',
  thrown: 'an error outside of a handler',
  rejected: 'a rejection that nobody awaits',
  memory: 'out of memory',
  endless: 'an endless loop',
} as const

function growth(title: string, bytes: readonly number[]): Row {
  return lasting({ title, value: grown(bytes), unit: '%', bars: [10, 5], detail: inTenths(bytes) })
}

/** `ERR_GENPOOL_DROPPED` is dropped. */
function nameOf(outcome: string): string {
  return outcome.replace('ERR_GENPOOL_', '').toLowerCase()
}
