import type { HeldBy } from '@genpool/broker'
import { count, NS_PER_MS } from '@genpool/runtime'
import type { Evidence } from './evidence'
import { type Finding, inWords, keyInWords } from './finding'

/** What holds requests back: first what holds all of them back, then what most of them wait for. */
export function heldBack(evidence: Evidence): readonly Finding[] {
  const found = [heldByBackOff(evidence), heldByRate(evidence), heldByLimits(evidence)]
  const held = ({ finding, figures }: Finding): number =>
    finding === 'back-off' && evidence.held.backOff?.all === true ? Infinity : Number(figures['held'])
  return found.filter((one) => one !== null).sort((a, b) => (held(a) === held(b) ? 0 : held(b) - held(a)))
}

/** A handler has said that what it calls had too many requests. */
function heldByBackOff({ held: { backOff }, waiting, idle }: Evidence): Finding | null {
  if (backOff === undefined || (backOff.waiting === 0 && !backOff.all)) return null
  const { waiting: heldBack, all, keys, key, opensInMs } = backOff
  const longest = key === undefined ? 'a message without a key' : `"${keyInWords(key)}"`
  const who = all
    ? 'the pool backs off'
    : `${count(keys, 'key backs off', 'keys back off')}, ${longest} for the longest time`
  return {
    finding: 'back-off',
    says: `${who}: what the handlers call has had too many requests, and ${requests(heldBack)}${next(opensInMs)}`,
    figures: {
      held: heldBack,
      keys,
      opensInMs,
      waiting,
      idle,
      ...(!all && key !== undefined && { key: keyInWords(key) }),
    },
    advice: 'Set "rate" or "limits" to what the handlers call allows, so that it need not refuse requests.',
    option: 'rate',
  }
}

/** The rate of work holds requests back. */
function heldByRate({ held, rate, waiting, idle, ownsQueue }: Evidence): Finding | null {
  if (!rate || held.rate === undefined || held.rate.waiting === 0) return null
  const { limit, interval = 1000 } = rate
  const { waiting: heldBack, opensInMs, ofKey } = held.rate
  return {
    finding: 'rate',
    says:
      `${requests(heldBack)} for the rate of work: at most ${limit} may begin in ${inWords(interval)}` +
      `${rate.by === undefined ? '' : ` for each key${mostOf(held.rate)}`}${next(opensInMs)}`,
    figures: { held: heldBack, limit, intervalMs: interval, opensInMs, waiting, idle, ...(ofKey > 0 && { ofKey }) },
    advice: `Raise "rate.limit"${ofBroker(ownsQueue)} if what the handlers call allows more, or send fewer requests.`,
    option: 'rate.limit',
  }
}

/** Limits per key hold requests back. */
function heldByLimits({ held, limits, waiting, idle, ownsQueue, selfWait }: Evidence): Finding | null {
  // Handlers that wait for themselves do not get faster.
  if (selfWait?.by === 'limit') return null
  if (!limits || held.limits === undefined || held.limits.waiting === 0) return null
  const { concurrency = Infinity, rate } = limits
  const { waiting: heldBack, opensInMs, running, ofKey, keys } = held.limits
  const isFull = running >= concurrency || !rate
  const atOnce = concurrency === Infinity ? [] : [`${concurrency} of a key may run at once`]
  const perInterval = rate ? [`${rate.limit} may begin in ${inWords(rate.interval ?? 1000)}`] : []
  return {
    finding: 'limits',
    says:
      `${count(heldBack, 'request waits for the limits of its key', 'requests wait for the limits of their keys')}: at most ${[...atOnce, ...perInterval].join(', and ')}` +
      `${mostOf(held.limits)}${running >= concurrency ? `, which has ${running} running` : next(opensInMs)}`,
    figures: { held: heldBack, ofKey, running, keys, opensInMs, waiting, idle },
    advice: isFull
      ? `Raise "limits.concurrency"${ofBroker(ownsQueue)} if one key may have more members at once, or make handlers faster.`
      : `Raise "limits.rate.limit"${ofBroker(ownsQueue)} if one key may have more, or send fewer requests of one key.`,
    option: isFull ? 'limits.concurrency' : 'limits.rate.limit',
  }
}

/** A shared broker has the limits of its pools. @param comma what follows in the middle of a sentence */
export function ofBroker(ownsQueue: boolean, comma = ','): string {
  return ownsQueue ? '' : ` of the shared broker, with "changeConfig"${comma}`
}

function requests(held: number): string {
  return count(held, 'request waits', 'requests wait')
}

function mostOf({ key, ofKey, waiting }: HeldBy): string {
  return ofKey === 0 ? '' : `; ${ofKey} of ${waiting} ${ofKey === 1 ? 'belongs' : 'belong'} to "${keyInWords(key)}"`
}

function next(opensInMs: number): string {
  return opensInMs <= 0 ? '' : `; the next may begin in ${inWords(Math.max(opensInMs, 1 / NS_PER_MS))}`
}
