import { count } from '@genpool/runtime'
import type { Cause } from './cause'
import { breakerAdvice, dropAdvice } from './drop-advice'
import type { Evidence } from './evidence'
import { type Finding, percent } from './finding'
import { whyWaiting } from './wait-causes'

export const breaker: Cause = (evidence) => {
  const { breaker, recent } = evidence
  if (breaker === undefined || breaker.state === 'closed') return null
  return {
    finding: 'breaker',
    says: `the circuit breaker is ${breaker.state}: handlers or starts keep failing, so requests are refused at once`,
    figures: { retryAfterMs: breaker.retryAfterMs, refused: recent.drops['breaker'] ?? 0 },
    advice: breakerAdvice(evidence),
    option: 'breaker',
  }
}

/** One finding for each reason. */
export function drops(evidence: Evidence): readonly Finding[] {
  const { recent, run } = evidence
  const all = Object.entries(recent.drops).sort(([, a], [, b]) => b - a)
  const total = all.reduce((sum, [, dropped]) => sum + dropped, 0)
  return all.map(([reason, dropped]) => {
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

export const TIMEOUT_ADVICE = 'Make handlers faster, or give callers a longer "timeout".'

export const expired: Cause = (evidence) => {
  const { recent, timeoutMs, sojourn, run } = evidence
  // Deadlines that the broker found passed are counted as drops.
  const others = recent.expired - (recent.drops['expired'] ?? 0)
  if (others <= 0) return null
  return {
    finding: 'expired',
    says: `${count(others, 'caller')} gave up lately before an answer came`,
    figures: { expired: others, waitP90Ms: sojourn.p90, runP90Ms: run.p90, timeoutMs },
    advice: whyWaiting(evidence)?.advice ?? TIMEOUT_ADVICE,
    option: 'timeout',
  }
}
