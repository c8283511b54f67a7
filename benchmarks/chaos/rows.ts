import type { Row } from '../measure'
import { FORMS } from './deaths'
import type { Found } from './found'

/** Whether all went as it should. Less is better everywhere. */
export function rowsOf(found: Found): readonly Row[] {
  const { ledger, deaths, unexpected, accepted, settled, left, threads, heaps, resident } = found
  const row = (title: string, value: number, unit: string, bars: readonly [number, number], detail: string): Row => ({
    title,
    value,
    unit,
    atLeast: bars[0],
    aim: bars[1],
    better: 'less',
    detail,
  })
  const none: readonly [number, number] = [0, 0]
  const outcomes = Object.entries(ledger.outcomes).map(([outcome, n]) => `${count(n)} ${nameOf(outcome)}`)
  const faulty = Math.max(ledger.unanswered, ledger.twice, Math.abs(accepted - settled), left)
  return [
    row('calls without an outcome, or with two', faulty, '', none, `of ${count(ledger.calls)}: ${outcomes.join(', ')}`),
    row('answers to another call', ledger.outcomes['wrong'] ?? 0, '', none, ''),
    row(
      'messages whose commit is not what was said of it',
      ledger.untrue,
      '',
      none,
      `the sum in the state is ${count(ledger.sums.state)}, ${count(ledger.sums.acknowledged)} were acknowledged; ${count(ledger.casts)} were casts`,
    ),
    row(
      'ways to die that did not occur',
      FORMS.filter((form) => deaths[form] === 0).length,
      '',
      none,
      FORMS.map((form) => `${DEATHS[form]}: ${count(deaths[form])}`).join(', '),
    ),
    row(
      'errors that no message has asked for',
      unexpected.length,
      '',
      none,
      [...new Set(unexpected)].slice(0, 3).join('; '),
    ),
    row('threads left in the end', threads.left, '', none, `of ${count(threads.started)}`),
    row('threads that ended and are still in memory', threads.kept, '', [3, 0], ''),
    row('objects in the heap, last tenth against the second', grown(heaps), '%', [10, 5], inTenths(heaps)),
    row('memory of the process, last tenth against the second', grown(resident), '%', [10, 5], inTenths(resident)),
  ]
}

const DEATHS = {
  exit: 'process.exit',
  thrown: 'an error outside of a handler',
  rejected: 'a rejection that nobody awaits',
  memory: 'out of memory',
  endless: 'an endless loop',
} as const

/** `ERR_GENPOOL_DROPPED` is dropped. */
function nameOf(outcome: string): string {
  return outcome.replace('ERR_GENPOOL_', '').toLowerCase()
}

function grown(bytes: readonly number[]): number {
  return Math.max(0, (bytes.at(-1)! / bytes[1]! - 1) * 100)
}

function inTenths(bytes: readonly number[]): string {
  return `MB by tenths: ${bytes.map((each) => (each / 1e6).toFixed(1)).join(', ')}`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
