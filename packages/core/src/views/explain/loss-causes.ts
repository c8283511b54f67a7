import { count } from '@genpool/runtime'
import type { Cause } from './cause'
import { breakerAdvice, dropAdvice } from './drop-advice'
import type { Evidence } from './evidence'
import { type Finding, percent } from './finding'

const BREAKER_SAYS = {
  open: 'handlers or starts keep failing, so requests are refused at once',
  'half-open':
    'handlers or starts kept failing, so only a few requests pass, as probes; while they run, others are refused at once',
}

export const breaker: Cause = (evidence) => {
  const { breaker, recent } = evidence
  if (breaker === undefined || breaker.state === 'closed') return null
  return {
    finding: 'breaker',
    says: `the circuit breaker is ${breaker.state}: ${BREAKER_SAYS[breaker.state]}`,
    figures: { retryAfterMs: breaker.retryAfterMs, refused: recent.drops['breaker'] ?? 0 },
    advice: breakerAdvice(evidence),
    option: 'breaker',
  }
}

/** One finding for each reason but one: for what expired in the queue there is the finding `expired`. */
export function drops(evidence: Evidence): readonly Finding[] {
  const { recent, run } = evidence
  const all = Object.entries(recent.drops).sort(([, a], [, b]) => b - a)
  const total = all.reduce((sum, [, dropped]) => sum + dropped, 0)
  const others = all.filter(([reason]) => reason !== 'expired')
  return others.map(([reason, dropped]) => {
    const { says, advice, option } = dropAdvice(reason, evidence)
    const share = percent(dropped / (total + run.count))
    return {
      finding: 'drops',
      says: `${count(dropped, 'request was', 'requests were')} dropped lately (${share}) because ${says}`,
      figures: { reason, dropped, runs: run.count },
      advice: reason === 'breaker' ? breakerAdvice(evidence) : advice || 'Send fewer requests.',
      option,
    }
  })
}
