// Callers get no answer, or get it late.
import { adviceFor } from '../drop-advice'
import { count, inWords, percent } from '../finding'
import type { Cause } from './cause'

export const drops: Cause = ({ recent, run }) => {
  const all = Object.entries(recent.drops).sort(([, a], [, b]) => b - a)
  const total = all.reduce((sum, [, dropped]) => sum + dropped, 0)
  return all.map(([reason, dropped]) => {
    const { says, advice, option } = adviceFor(reason)
    const share = percent(dropped / (total + run.count))
    return {
      finding: 'drops',
      says: `${count(dropped, 'request was', 'requests were')} dropped lately (${share}) because ${says}`,
      figures: { reason, dropped, runs: run.count },
      advice,
      option,
    }
  })
}

export const expired: Cause = ({ recent, timeoutMs, sojourn, run }) => {
  // Deadlines that the broker found passed are counted as drops.
  const others = recent.expired - (recent.drops['expired'] ?? 0)
  if (others <= 0) return null
  return {
    finding: 'expired',
    says: `${count(others, 'caller')} gave up lately before an answer came`,
    figures: { expired: others, waitP90Ms: sojourn.p90, runP90Ms: run.p90, timeoutMs },
    advice:
      'If they gave up while waiting, see the other findings. If they gave up while a handler ran, handlers are slow or "timeout" is short.',
    option: 'timeout',
  }
}

export const lateAnswers: Cause = ({ late, oldestLateMs }) =>
  late === 0 || oldestLateMs < 1000
    ? null
    : {
        finding: 'late-answers',
        says: `${count(late, 'call waits', 'calls wait')} for a later answer (noReply), the oldest for ${inWords(oldestLateMs)}`,
        figures: { late, oldestLateMs },
        advice: 'Make sure that the code which got ctx.from always answers, also after an error: from.fail(error).',
        option: null,
      }
