import { type DropReason, type HoldingLimit, limitRemedy } from '@genpool/broker'
import { count, type Nanos, NS_PER_MS, type Remedy, round, sentence, textOf } from '@genpool/runtime'
import type { DropCause, Remedies } from '../../requests/remedies'
import type { RequestFacts } from '../../requests/request-facts'
import type { PoolView } from '../pool-view'
import { breakerAdvice, dropAdvice } from './drop-advice'
import { type Evidence, type ExplainedOptions, waitForKeys } from './evidence'
import { gatherFigures } from './gather'
import { RUNNING_ADVICE, TIMEOUT_ADVICE, UNANSWERED } from './expiry-causes'
import { busyOf, capital, type Finding, inWords, isLatestKey, keyInWords } from './finding'
import { heldBack } from './held-causes'
import { waitsForStore } from './store-causes'
import { stoppedAdvice } from './life-causes'
import { keysAdvice, whyWaiting } from './wait-causes'

/** Evidence is used again for so long: in a flood of errors it is gathered a few times a second. */
const FRESH: Nanos = 5 * NS_PER_MS

/** What errors say: in the words of an explanation, and from the same evidence, so that the two never contradict each other. */
export class RemediesByEvidence implements Remedies {
  /** The evidence, and what was said from it; null before the first error. */
  #known: Known | null = null

  constructor(private readonly pool: PoolView & { readonly explained: ExplainedOptions }) {}

  ofWaiting(request: RequestFacts): Remedy {
    const known = this.current()
    const { why } = this.#causesOf(request, known)
    const ofKey = known.evidence.paused ? null : keyOf(request, known.evidence)
    return ofKey ?? why ?? known.ofReason('', () => nothingLimits(known.evidence))
  }

  /** What this request waits for: not what a limit does to others. */
  #causesOf(request: RequestFacts, known: Known): Causes {
    // One that a member has in hand has begun, as far as limits are concerned.
    const holder = request.runner === null ? this.pool.holderOf(request) : undefined
    const causes = known.of(holder ?? heldLongest(request))
    // If nothing holds it any more, what held it is what holds those behind it.
    return causes.finding === null ? known.ofAll : causes
  }

  ofRunning(request: RequestFacts): Remedy | undefined {
    if (this.pool.awaitingReply.has(request)) {
      const { says, advice } = UNANSWERED[request.answerer]
      return { says: `${says} ${advice}` }
    }
    // It has run, and waits to run again.
    if (request.startedAt === null) return this.ofWaiting(request)
    const written = this.ofWritten()
    if (written !== undefined) return written
    const { waitedMs, ranMs } = request.times()
    if (waitedMs > ranMs) {
      const { says, cause } = this.ofWaiting(request)
      return { says: `It had waited for ${inWords(waitedMs)} before, and ran for ${inWords(ranMs)}. ${says}`, cause }
    }
    return { says: `Its handler had run for ${inWords(ranMs)}. ${RUNNING_ADVICE}` }
  }

  ofWritten(): Remedy | undefined {
    const { evidence } = this.current()
    const finding = waitsForStore(evidence)
    return finding === null ? undefined : inRemedy(finding)
  }

  ofDrop(drop: DropCause, request: RequestFacts): Remedy | undefined {
    const { reason, ofKey: isOfKey = false } = drop
    if (reason === 'rate' || reason === 'busy') return limitRemedy(drop)
    const known = this.current()
    const ofKey = reason === 'breaker' ? null : keyOf(request, known.evidence)
    if (ofKey !== null) return ofKey
    // A full queue is full of others.
    const causes = OF_ITSELF.includes(reason) ? this.#causesOf(request, known) : known.ofAll
    const remedy = known.ofReason(`${reason} ${causes.holder} ${isOfKey}`, () =>
      this.ofDropNow(drop, known.evidence, causes),
    )
    return remedy.says === '' ? undefined : remedy
  }

  private ofDropNow({ reason, ofKey = false }: DropCause, evidence: Evidence, { finding, why }: Causes): Remedy {
    if (reason === 'breaker') return this.ofBreaker(evidence)
    const { says, advice } = dropAdvice(reason, evidence, { why: finding, full: ofKey ? 'key' : 'queue' })
    const happened = reason === 'max' || ofKey ? { why: says } : {}
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

/** Reasons for which a request is dropped by its own age, or since its own deadline is near. */
const OF_ITSELF: readonly DropReason[] = ['timeout', 'codel', 'budget']

/** Why requests wait: all, or those that one limit holds back, or none does. */
interface Causes {
  readonly holder: HoldingLimit | 'any' | 'none'
  readonly finding: Finding | null
  readonly why: Remedy | null
}

/** Evidence, and what was said from it. A flood of errors shares the sentences, too. */
class Known {
  readonly #causes = new Map<Causes['holder'], Causes>()
  readonly #ofReasons = new Map<string, Remedy>()

  constructor(
    readonly evidence: Evidence,
    readonly at: Nanos,
    private readonly initError: unknown,
  ) {}

  get ofAll(): Causes {
    return this.#get('any')
  }

  /** @param holder the limit that holds a request back; undefined if none does */
  of(holder: HoldingLimit | undefined): Causes {
    return this.#get(holder ?? 'none')
  }

  #get(holder: Causes['holder']): Causes {
    let causes = this.#causes.get(holder)
    if (causes === undefined) this.#causes.set(holder, (causes = this.#find(holder)))
    return causes
  }

  #find(holder: Causes['holder']): Causes {
    const { evidence, initError } = this
    const finding =
      holder === 'any'
        ? whyWaiting(evidence)
        : whyWaiting(evidence, holder === 'none' ? null : heldIn(evidence, holder))
    const isStart = finding?.finding === 'failing-starts' || finding?.finding === 'start-timeout'
    const why = finding && { ...inRemedy(finding), cause: isStart ? initError : undefined }
    return { holder, finding, why }
  }

  ofReason(reason: string, make: () => Remedy): Remedy {
    let remedy = this.#ofReasons.get(reason)
    if (remedy === undefined) this.#ofReasons.set(reason, (remedy = make()))
    return remedy
  }
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
  return { says: `${says} ${keysAdvice(isLatestKey(key))}` }
}

const HOLDERS: Readonly<Record<HoldingLimit, Finding['finding']>> = {
  rate: 'rate',
  limits: 'limits',
  backOff: 'back-off',
}

/** What one limit holds back, with a request of which that is known. If it was dropped, it is counted no longer. */
function heldIn(evidence: Evidence, holder: HoldingLimit): Finding | null {
  const known = evidence.held[holder]
  const held = known?.waiting === 0 ? { ...evidence.held, [holder]: { ...known, waiting: 1 } } : evidence.held
  return heldBack({ ...evidence, held }).find(({ finding }) => finding === HOLDERS[holder]) ?? null
}

/** The limit that has held a request for most of its wait, if somebody listened. It may wait for something else by now. */
function heldLongest(request: RequestFacts): HoldingLimit | undefined {
  if (request.heldBy === undefined) return undefined
  const { waitedMs, heldMs } = request.times()
  return heldMs > waitedMs / 2 ? request.heldBy : undefined
}

function nothingLimits({ busy, size }: Evidence): Remedy {
  return { says: `Nothing limits the pool now: ${busyOf(busy, size)}. ${TIMEOUT_ADVICE}` }
}
