import type { DropReason, HoldingLimit } from '@genpool/broker'
import { count, type Nanos, NS_PER_MS, type Remedy, round, sentence, textOf } from '@genpool/runtime'
import type { Remedies } from '../../requests/remedies'
import type { RequestFacts } from '../../requests/request-facts'
import type { PoolView } from '../pool-view'
import { LATE_ADVICE } from './causes'
import { breakerAdvice, dropAdvice } from './drop-advice'
import { type Evidence, type ExplainedOptions, gatherFigures } from './evidence'
import { capital, type Finding, inWords, keyInWords } from './finding'
import { heldBack } from './held-causes'
import { waitsForStore } from './store-causes'
import { stoppedAdvice } from './life-causes'
import { TIMEOUT_ADVICE } from './loss-causes'
import { KEYS_ADVICE, waitForKeys, whyWaiting } from './wait-causes'

/** Evidence is used again for so long: in a flood of errors it is gathered a few times a second. */
const FRESH: Nanos = 5 * NS_PER_MS

/** What errors say: in the words of an explanation, and from the same evidence, so that the two never contradict each other. */
export class RemediesByEvidence implements Remedies {
  /** The evidence, and what was said from it; null before the first error. */
  #known: Known | null = null

  constructor(private readonly pool: PoolView & { readonly explained: ExplainedOptions }) {}

  ofWaiting(request: RequestFacts): Remedy {
    const known = this.current()
    const ofRequest = known.evidence.paused
      ? null
      : (keyOf(request, known.evidence) ?? holderOf(request, known.evidence))
    return ofRequest ?? known.why ?? known.ofReason('', () => nothingLimits(known.evidence))
  }

  ofRunning(request: RequestFacts): Remedy | undefined {
    if (this.pool.awaitingReply.has(request)) return UNANSWERED[request.answerer]
    // It has run, and waits to run again.
    if (request.startedAt === null) return this.ofWaiting(request)
    const written = this.ofWritten()
    if (written !== undefined) return written
    const { waitedMs, ranMs } = request.times()
    if (waitedMs > ranMs) {
      const { says, cause } = this.ofWaiting(request)
      return { says: `It had waited for ${inWords(waitedMs)} before, and ran for ${inWords(ranMs)}. ${says}`, cause }
    }
    const says = `Its handler had run for ${inWords(ranMs)}. Make the handler faster, let it watch ctx.signal, or raise "timeout".`
    return { says }
  }

  ofWritten(): Remedy | undefined {
    const { evidence } = this.current()
    const finding = waitsForStore(evidence)
    return finding === null ? undefined : inRemedy(finding)
  }

  ofDrop(reason: DropReason, request: RequestFacts): Remedy | undefined {
    if (reason === 'rate' || reason === 'busy') return undefined
    const known = this.current()
    const ofKey = reason === 'breaker' ? null : keyOf(request, known.evidence)
    if (ofKey !== null) return ofKey
    const remedy = known.ofReason(reason, () => this.ofDropNow(reason, known))
    return remedy.says === '' ? undefined : remedy
  }

  private ofDropNow(reason: DropReason, { evidence, finding, why }: Known): Remedy {
    if (reason === 'breaker') return this.ofBreaker(evidence)
    const { says, advice } = dropAdvice(reason, evidence, finding)
    const happened = reason === 'max' ? { why: says } : {}
    return finding === null
      ? { says: advice, ...happened }
      : { says: `${capital(sentence(finding.says))} ${advice}`, cause: why?.cause, ...happened }
  }

  ofStopped(): { readonly is?: string; readonly advice: string } {
    const { phase, cause } = this.pool
    if (phase === 'draining') return DRAINING
    return { advice: stoppedAdvice(cause !== undefined) }
  }

  ofEnded(): { readonly is?: string; readonly advice: string } {
    const { cause, drainedFor } = this.pool
    return drainedFor < 0 ? { advice: stoppedAdvice(cause !== undefined) } : cutShort(drainedFor)
  }

  private ofBreaker(evidence: Evidence): Remedy {
    const { lastCrash, lastDeath, lastInitError } = this.pool.stats
    const cause = evidence.failedStarts > 0 ? lastInitError : (lastCrash ?? lastDeath)
    const last = cause === undefined ? '' : `The last one: ${sentence(textOf(cause))} `
    return { says: `${last}${breakerAdvice(evidence)}`, cause }
  }

  private current(): Known {
    const now = this.pool.turnNow()
    const known = this.#known
    if (known !== null && now - known.at < FRESH) return known
    return (this.#known = new Known(
      gatherFigures(this.pool, this.pool.explained, now),
      now,
      this.pool.stats.lastInitError,
    ))
  }
}

/** Evidence, and what was said from it. A flood of errors shares the sentences, too. */
class Known {
  readonly finding: Finding | null
  readonly why: Remedy | null
  readonly #ofReasons = new Map<string, Remedy>()

  constructor(
    readonly evidence: Evidence,
    readonly at: Nanos,
    initError: unknown,
  ) {
    const finding = whyWaiting(evidence)
    this.finding = finding
    const isStart = finding?.finding === 'failing-starts' || finding?.finding === 'start-timeout'
    this.why = finding && {
      ...inRemedy(finding),
      cause: isStart ? initError : undefined,
    }
  }

  ofReason(reason: string, make: () => Remedy): Remedy {
    let remedy = this.#ofReasons.get(reason)
    if (remedy === undefined) this.#ofReasons.set(reason, (remedy = make()))
    return remedy
  }
}

const RETURNED = 'Its handler has returned, and nobody has answered since.'
const UNANSWERED: Readonly<Record<RequestFacts['answerer'], Remedy>> = {
  from: { says: `${RETURNED} ${LATE_ADVICE}` },
  nobody: {
    says:
      'Its handler returned noReply() and has not taken ctx.from, so nobody could answer. Return reply(answer), or keep ctx.from ' +
      'and call its reply later.',
  },
  halt: {
    says:
      'Its handler returned halt(reason) without an answer and has not taken ctx.from, so nobody could answer. Return ' +
      'halt(reason, { reply: answer }), or keep ctx.from and call its reply later.',
  },
  dispatch: {
    says:
      `${RETURNED} A plain nact function, (state, message, ctx), returns its next state, and answers with ` +
      'dispatch(ctx.sender, answer). For one that returns its answer, use defineTask((message, ctx) => answer).',
  },
}

const DRAINING = {
  is: 'is draining',
  advice: 'It accepts no new requests: send them before drain(pool), or to another pool.',
}

function cutShort(within: number): { is: string; advice: string } {
  return {
    is: `has stopped, since drain(pool) was to wait for ${round(within)} ms at most`,
    advice: 'Give "within" more time, or send fewer requests before drain(pool).',
  }
}

function inRemedy({ says, advice }: Finding): { says: string } {
  return { says: `${capital(sentence(says))} ${advice}` }
}

/** For a request that waits for the turn of its key. */
function keyOf({ key }: RequestFacts, evidence: Evidence): Remedy | null {
  if (key === undefined || !waitForKeys(evidence)) return null
  const idle = count(evidence.idle, 'member is', 'members are')
  const says = `It waited for the turn of its key "${keyInWords(key)}", while ${idle} idle: a key is handled one request at a time.`
  return { says: `${says} ${KEYS_ADVICE}` }
}

const HOLDERS: Readonly<Record<HoldingLimit, Finding['finding']>> = {
  rate: 'rate',
  limits: 'limits',
  backOff: 'back-off',
}

/** For a request of which it is known what held it back. */
function holderOf({ heldBy }: RequestFacts, evidence: Evidence): Remedy | null {
  if (heldBy === undefined) return null
  const finding = heldBack(evidence).find(({ finding }) => finding === HOLDERS[heldBy])
  return finding === undefined ? null : { says: `${capital(sentence(finding.says))} ${finding.advice}` }
}

function nothingLimits({ busy, size }: Evidence): Remedy {
  return { says: `Nothing limits the pool now: ${busy} of ${count(size, 'member')} are busy. ${TIMEOUT_ADVICE}` }
}
