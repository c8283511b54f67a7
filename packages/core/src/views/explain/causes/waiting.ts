import { LEAVE_THE_CIRCLE } from '../../../requests/failures'
// Requests wait for a turn or for a member.
import { count, inWords } from '../finding'
import { type Cause, LONG_TURN_MS, SEVERAL } from './cause'

/** From this utilisation on, members have no time to spare. */
const FULL = 0.9

export const keys: Cause = ({ key, waiting, idle, concurrency }) =>
  key === null || idle === 0 || waiting === 0 || (concurrency?.aside ?? 0) === idle
    ? null
    : {
        finding: 'keys',
        says:
          `${count(waiting, 'request waits', 'requests wait')} behind a request with the same key, ${key.count} of them with ` +
          `key "${key.name}", while ${count(idle, 'member is', 'members are')} idle: a key is handled one request at a time`,
        figures: { key: key.name, ofKey: key.count, waiting, idle },
        advice: 'Use a finer key, or no key where order does not matter: a commit with a recipe needs none.',
        option: null,
      }

export const oneTenant: Cause = ({ tenant, waiting }) =>
  tenant === null || waiting < SEVERAL || tenant.count < waiting / 2
    ? null
    : {
        finding: 'one-tenant',
        says:
          `${tenant.count} of ${count(waiting, 'waiting request')} belong to "${tenant.name}"; the fair queue serves it in ` +
          'turn with the others',
        figures: { tenant: tenant.name, ofTenant: tenant.count, tenants: tenant.tenants, waiting },
        advice:
          'The others get their turns. To bound how many requests one of them may have waiting, set "broker.client.queue.max".',
        option: 'broker.client.queue.max',
      }

export const concurrency: Cause = ({ concurrency, waiting, busy, run }) => {
  // An elastic size follows the limit, so no members are set aside.
  if (concurrency === null || waiting === 0 || (concurrency.aside === 0 && busy < concurrency.limit)) return null
  const { limit, aside, floorMs, learns } = concurrency
  const held = aside === 0 ? '' : `, ${count(aside, 'is', 'are')} set aside`
  const slower = floorMs > 0 ? `; a run takes ${inWords(run.p50)}, and ${inWords(floorMs)} without a load` : ''
  return {
    finding: 'concurrency',
    says: `only ${limit} members may work at once${held}, and ${count(waiting, 'request waits', 'requests wait')}${slower}`,
    figures: { limit, aside, waiting, runP50Ms: run.p50, floorMs },
    advice: learns
      ? 'The limit has learnt that more at once only take longer. Make the backend of the handlers faster, then call relearn(pool).'
      : 'Raise "concurrency" if the backend of the handlers can take more at once, or let it learn with "gradient".',
    option: 'concurrency',
  }
}

export const membersBusy: Cause = (evidence) => {
  const { idle, busy, waiting, size, maxSize, utilisation, oldestMs, sojourn, run, running, turns } = evidence
  const full = busy > 0 && idle === 0 && waiting > 0 && (utilisation >= FULL || waiting >= size)
  if (!full) return null
  const option = maxSize === null ? 'size' : 'size.max'
  const bounded = maxSize === null || size >= maxSize
  const computes = turns.p99 >= LONG_TURN_MS
  return {
    finding: 'members-busy',
    says:
      `all members are busy (${busy} of ${size}), and ${count(waiting, 'request waits', 'requests wait')}, ` +
      `the oldest for ${inWords(oldestMs)}${running[0] === undefined ? '' : `; most of the time goes into "${running[0].type}"`}`,
    figures: { size, waiting, oldestMs, utilisation, waitP90Ms: sojourn.p90, runP50Ms: run.p50, runP99Ms: run.p99 },
    advice: computes
      ? 'Members compute on one thread, so more of them do not help. Make handlers cheaper, or send fewer requests.'
      : bounded
        ? `Raise "${option}" (now ${maxSize ?? size}) if the backend of the handlers can take more at once, or make handlers faster.`
        : `More members are starting, up to ${maxSize}. If that is too slow, change "size.valve" or raise "size.min".`,
    option: computes ? null : bounded ? option : 'size.valve',
  }
}

export const waitsForItself: Cause = ({ selfWait, busy, waiting }) =>
  selfWait === null
    ? null
    : {
        finding: 'waits-for-itself',
        says: `the pool waits for itself: ${selfWait}`,
        figures: { busy, waiting },
        advice: LEAVE_THE_CIRCLE,
        option: null,
      }
