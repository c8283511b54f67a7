import { printable, sentence } from '@genpool/runtime'
import type { PoolRef } from '../behaviours/protocol'
import { findCauses } from '../views/explain/causes'
import { gather } from '../views/explain/gather'
import type { Explanation, Finding } from '../views/explain/finding'
import { heldBack } from '../views/explain/held-causes'
import { elsewhereOf } from './elsewhere'
import { poolOf } from './pool-of'

/**
 * Says what limits a pool now, with the figures that show it and what to change. Works on stopped pools, too.
 *
 * It covers the last 10 to 20 seconds, and what waits and runs now, so call it while callers have a problem. It reads each
 * waiting request only if keys may hold some back, or a fair queue serves tenants in turn; its counters cost one update per turn and per failure.
 *
 * @example console.log(explain(pool).text)
 */
export function explain(ref: PoolRef): Explanation {
  const elsewhere = elsewhereOf(ref)
  if (elsewhere !== undefined) return elsewhere.explain()
  const pool = poolOf(ref, 'explain')
  const causes = findCauses(gather(pool, pool.explained))
  const ofSources = [...pool.sources].flatMap((source) => source.findings())
  const isCalm = causes[0]?.finding === 'calm' && ofSources.length > 0
  return explanationOf(pool.name, [...(isCalm ? [] : causes), ...ofSources])
}

/** What holds back requests that a pool has: its rate, its limits, a back-off. For those who bring it messages from elsewhere. */
export function heldIn(ref: PoolRef): readonly Finding[] {
  const pool = poolOf(ref, 'consume')
  return heldBack(gather(pool, pool.explained))
}

/** Puts findings into words that are safe to print. The first one is the most important. */
export function explanationOf(pool: string, found: readonly Finding[], of: 'Pool' | 'Queue' = 'Pool'): Explanation {
  const findings = found.map((finding) => ({
    ...finding,
    says: printable(finding.says),
    advice: printable(finding.advice),
  }))
  const text = textOf(`${of} "${pool}"`, findings)
  return { pool, calm: findings[0]?.finding === 'calm', findings, text, toString: () => text }
}

function textOf(of: string, findings: readonly Finding[]): string {
  const paragraphs = findings.map(({ says, advice, figures }, index) => {
    const lead = findings.length === 1 ? '' : `${index + 1}. `
    const facts = Object.entries(figures).map(
      ([name, value]) => `${name} ${typeof value === 'string' ? printable(`"${value}"`) : value}`,
    )
    return [`${lead}${sentence(says)}`, ...(facts.length > 0 ? [`   ${facts.join(', ')}`] : []), `   ${advice}`].join(
      '\n',
    )
  })
  return [printable(`${of}:`), ...paragraphs].join('\n')
}
