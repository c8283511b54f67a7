import { count } from '@genpool/runtime'
import { circleInWords } from '../../requests/circle-words'
import type { Answerer, Expiry } from '../../requests/expiry'
import type { Cause } from './cause'
import { conflicts } from './conflict-causes'
import type { Evidence } from './evidence'
import { waitsForStore } from './store-causes'
import { eventLoop, oneAtATime, stuck, whyWaiting } from './wait-causes'

/** What to do about calls that nobody answers. */
export const LATE_ADVICE =
  'Make sure that the code which got ctx.from always answers, also after an error: from.fail(error).'

const RETURNED = 'Its handler has returned, and nobody has answered since.'
/** Why a call is not answered whose handler has returned, and what to do, by who could still answer. */
export const UNANSWERED: Readonly<Record<Answerer, { readonly says: string; readonly advice: string }>> = {
  from: { says: RETURNED, advice: LATE_ADVICE },
  nobody: {
    says: 'Its handler returned noReply() and has not taken ctx.from, so nobody could answer.',
    advice: 'Return reply(answer), or keep ctx.from and call its reply later.',
  },
  halt: {
    says: 'Its handler returned halt(reason) without an answer and has not taken ctx.from, so nobody could answer.',
    advice: 'Return halt(reason, { reply: answer }), or keep ctx.from and call its reply later.',
  },
  dispatch: {
    says: RETURNED,
    advice:
      'A plain nact function, (state, message, ctx), returns its next state, and answers with dispatch(ctx.sender, answer). For ' +
      'one that returns its answer, use defineTask((message, ctx) => answer).',
  },
}

export const RUNNING_ADVICE = 'Make the handler faster, let it watch ctx.signal, or raise "timeout".'
export const TIMEOUT_ADVICE = 'Make handlers faster, or give callers a longer "timeout".'

export const expired: Cause = (evidence) => {
  const { recent, timeoutMs, sojourn, run } = evidence
  const { expired } = recent
  const kinds = Object.entries(recent.expiredBy) as [Expiry, number][]
  const [most] = kinds.sort(([, a], [, b]) => b - a)
  if (expired === 0 || most === undefined) return null
  const [how, often] = most
  const { waiting = 0, running = 0 } = recent.expiredBy
  return {
    finding: 'expired',
    says: `${count(expired, 'caller')} gave up lately before an answer came, ${often === expired ? '' : `${often} of them `}${whenInWords(how, often)}`,
    figures: {
      expired,
      waiting,
      running,
      unanswered: expired - waiting - running,
      waitP90Ms: sojourn.p90,
      runP90Ms: run.p90,
      timeoutMs,
    },
    advice: adviceFor(how, evidence),
    option: 'timeout',
  }
}

function whenInWords(how: Expiry, often: number): string {
  const [its, request, handler] = often === 1 ? ['its', 'request', 'handler'] : ['their', 'requests', 'handlers']
  if (how === 'waiting') return `while ${its} ${request} waited`
  return how === 'running' ? `while ${its} ${handler} ran` : `after ${its} ${handler} had returned`
}

/** The same as the errors of these requests say. */
function adviceFor(how: Expiry, evidence: Evidence): string {
  const { selfWait } = evidence
  if (how !== 'waiting' && how !== 'running') return UNANSWERED[how].advice
  if (selfWait !== null) return circleInWords(selfWait).advice
  return how === 'waiting'
    ? (whyWaiting(evidence)?.advice ?? TIMEOUT_ADVICE)
    : (whyRunning(evidence)?.advice ?? RUNNING_ADVICE)
}

/** What makes handlers run for long that is no fault of theirs. */
const whyRunning: Cause = (evidence) =>
  waitsForStore(evidence) ?? stuck(evidence) ?? eventLoop(evidence) ?? conflicts(evidence) ?? oneAtATime(evidence)
