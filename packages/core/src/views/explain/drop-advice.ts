import type { DropReason } from '@genpool/broker'
import type { Evidence } from './evidence'
import type { Finding } from './finding'
import { whyWaiting } from './wait-causes'

/** What happened, what to do about the rule that dropped, and the option to change. */
interface DropAdvice {
  readonly says: string
  readonly advice: string
  readonly option: string | null
}

/** The same advice as in docs/guide/dropped.md. `@` is the path of the queue's options. */
const ADVICE: Readonly<Partial<Record<DropReason, DropAdvice>>> = {
  max: {
    says: 'the queue was full',
    advice: 'If only short bursts fill the queue, raise "@.max".',
    option: '@.max',
  },
  timeout: {
    says: 'they waited longer than the queue allows',
    advice: 'If late answers are still useful, raise "@.timeout".',
    option: '@.timeout',
  },
  codel: {
    says: 'waits stayed above the target for a whole interval',
    advice: 'If callers can wait longer, raise "@.target".',
    option: '@.target',
  },
  priority: {
    says: 'the queue was full, and more urgent requests came',
    advice: 'Raise "@.max", or the priority of requests that must not be dropped.',
    option: '@.max',
  },
  forecast: {
    says: 'their predicted wait was too long',
    advice: 'If callers can wait longer, raise the target of "broker.admission".',
    option: 'broker.admission',
  },
  budget: {
    says: 'too little time was left to run them before their deadline',
    advice: 'Give callers a longer "timeout".',
    option: 'timeout',
  },
  protector: {
    says: 'a share of all requests is refused while waits are long',
    advice: 'Send fewer requests.',
    option: 'broker.admission',
  },
  throttled: {
    says: 'many earlier requests were refused, so a share of the new ones is refused at once',
    advice: 'The throttle follows the other drops: it ends when requests are accepted again.',
    option: 'throttle',
  },
  breaker: {
    says: 'earlier requests kept failing',
    advice: '',
    option: null,
  },
}

/** What the advice is if requests wait for these, too: a longer queue or more time helps against no other cause. */
const HELPED = ['members-busy', 'concurrency']

/** Of what there was too much. */
type Full = 'queue' | 'key' | 'both'

/** Whether the queue's `max` or `limits.max` dropped lately: both do with the same reasons. */
function fullOf(reason: string, { recent: { drops, keyDrops }, isBounded }: Evidence): Full {
  const ofKey = keyDrops[reason] ?? 0
  if (ofKey === 0) return 'queue'
  return ofKey === drops[reason] || !isBounded ? 'key' : 'both'
}

/** What `limits.max` did; undefined if it did nothing. */
function ofFull(reason: string, full: Full, { limits }: Evidence): DropAdvice | undefined {
  if (full === 'queue' || !limits || (reason !== 'max' && reason !== 'priority')) return undefined
  const [others, urgent] = full === 'both' ? ['the queue was full, or ', ''] : ['', ' of it']
  const came = reason === 'priority' ? `, and more urgent ones${urgent} came` : ''
  return {
    says: `${others}as many of one key waited as "limits.max" allows (${limits.max})${came}`,
    advice: `If more of one key may wait, raise "limits.max".${full === 'both' ? ` ${ADVICE[reason]?.advice}` : ''}`,
    option: full === 'both' ? '@.max' : 'limits.max',
  }
}

/** What waited when limits became too small for it, or could not find its key or its cost any more. Nothing else helps. */
function ofLimits({ rate, recent: { refusal } }: Evidence): DropAdvice {
  const known = refusal === '' ? 'they do not allow what waits' : `the last one: ${refusal}`
  return {
    says: `the limits have changed while they waited; ${known}`,
    advice:
      'Raise "limit" and "burst" to what the costliest message costs, or give "by" and "cost" what accepts all that waits.',
    option: rate ? 'rate' : 'limits',
  }
}

/** What is known of drops besides their reason. Default: what holds requests back now, and which `max` dropped lately. */
interface Known {
  /** What `whyWaiting` finds. */
  readonly why?: Finding | null
  readonly full?: Full
}

/** What to do about drops. */
export function dropAdvice(reason: string, evidence: Evidence, known: Known = {}): DropAdvice {
  if (reason === 'rate') return ofLimits(evidence)
  const { why = whyWaiting(evidence), full = fullOf(reason, evidence) } = known
  const ofMax = ofFull(reason, full, evidence)
  const { says, advice, option } = ofMax ??
    (ADVICE as Readonly<Record<string, DropAdvice | undefined>>)[reason] ?? {
      says: `the reason was "${reason}"`,
      advice: '',
      option: null,
    }
  const queue = evidence.hasFairQueue ? 'broker.client.queue' : 'broker.client'
  const helps = ofMax !== undefined || why === null || HELPED.includes(why.finding)
  const own = evidence.ownsQueue && helps ? advice.replace('@', queue) : ''
  return {
    says,
    advice: [why?.advice ?? '', own].filter((part) => part !== '').join(' '),
    option: option?.replace('@', queue) ?? null,
  }
}

/** What to do about an open circuit breaker. */
export function breakerAdvice({ failedStarts }: Evidence): string {
  const fix = failedStarts > 0 ? 'Fix what init needs.' : 'Fix what makes handlers crash.'
  return `${fix} The breaker closes when its probes succeed.`
}
