/** @typedef {import('../src/live/messages').Row['findings'][number]} FindingName */
/** @typedef {'ok' | 'note' | 'warn' | 'bad'} Severity */

/**
 * How bad a finding is, and its name for people.
 *
 * @type {Readonly<Record<FindingName, readonly [Severity, string]>>}
 */
const LABELS = {
  calm: ['ok', 'calm'],
  starting: ['note', 'starting'],
  draining: ['note', 'draining'],
  paused: ['warn', 'paused'],
  stopped: ['bad', 'stopped'],
  'failing-starts': ['bad', 'init fails'],
  'start-timeout': ['bad', 'init takes too long'],
  'waits-for-itself': ['bad', 'waits for itself'],
  breaker: ['bad', 'breaker open'],
  crashes: ['bad', 'handlers crash'],
  deaths: ['bad', 'idle members die'],
  stuck: ['bad', 'members stuck'],
  'event-loop': ['bad', 'event loop blocked'],
  drops: ['bad', 'drops requests'],
  'members-busy': ['warn', 'all members busy'],
  rate: ['warn', 'held by its rate'],
  limits: ['warn', 'held by limits per key'],
  'back-off': ['warn', 'backs off'],
  'no-keys': ['warn', 'finds no keys'],
  keys: ['warn', 'waits for keys'],
  'one-tenant': ['warn', 'one tenant fills it'],
  concurrency: ['warn', 'held by concurrency'],
  'slow-handlers': ['warn', 'slow handlers'],
  store: ['warn', 'waits for its store'],
  'one-at-a-time': ['warn', 'one at a time'],
  reruns: ['warn', 'repeats runs'],
  retries: ['warn', 'retries used up'],
  expired: ['bad', 'requests expire'],
  'late-answers': ['warn', 'answers missing'],
  unreachable: ['bad', 'no node answers'],
  'silent-nodes': ['warn', 'silent nodes'],
  'slow-nodes': ['warn', 'slow nodes'],
  'far-nodes': ['warn', 'nodes far away'],
  'different-nodes': ['warn', 'nodes differ'],
  'in-flight': ['warn', 'too many in flight'],
  'dead-letters': ['warn', 'dead letters'],
  'growing-queue': ['warn', 'durable queue grows'],
  'unknown-types': ['warn', 'types without a handler'],
  alone: ['warn', 'one attempt runs alone'],
}

/** A shape for each severity: readable without colour. */
const SHAPES = { ok: '●', note: '◆', warn: '▲', bad: '■' }
const RANKS = { bad: 0, warn: 1, note: 2, ok: 3 }

/** @param {FindingName} finding */
export function labelOf(finding) {
  const [severity, text] = LABELS[finding] ?? ['warn', finding]
  return { severity, text, shape: SHAPES[severity], rank: RANKS[severity] }
}

/**
 * A pool as a whole: as bad as its worst finding, in the words of the first two.
 *
 * @param {readonly FindingName[]} findings
 */
export function labelOfAll(findings) {
  const labels = [...new Set(findings)].map(labelOf)
  const worst = labels.reduce(
    (worst, label) => (label.rank < worst.rank ? label : worst),
    labelOf(findings[0] ?? 'calm'),
  )
  const text = labels
    .slice(0, 2)
    .map((label) => label.text)
    .join(', ')
  return { ...worst, text }
}
