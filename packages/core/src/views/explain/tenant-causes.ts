import { count } from '@genpool/runtime'
import { type Cause, SEVERAL } from './cause'
import type { Evidence } from './evidence'
import { ofBroker } from './held-causes'
import type { Tenant } from './owners'

/** What the others get, what to do, and the option to change. */
interface TenantAdvice {
  readonly others: string
  readonly advice: string
  readonly option: string
}

/** Half of what waits belongs to one tenant, and no limit holds that back: then the findings `limits` and `rate` name it. */
export const oneTenant: Cause = (evidence) => {
  const { tenant, waiting } = evidence
  if (tenant === null || waiting < SEVERAL || tenant.count < waiting / 2) return null
  if (heldOf(tenant, evidence) >= tenant.count / 2) return null
  const { others, advice, option } = ADVICE[tenant.namedBy](evidence)
  return {
    finding: 'one-tenant',
    says: `${tenant.count} of ${count(waiting, 'waiting request')} belong to "${tenant.name}"; ${others}`,
    figures: { tenant: tenant.name, ofTenant: tenant.count, tenants: tenant.tenants, waiting },
    advice,
    option,
  }
}

/** How many requests a limit of one key holds back. */
function heldOf({ namedBy }: Tenant, { held: { rate, limits } }: Evidence): number {
  const held = { queue: undefined, limits, rate }[namedBy]
  return held?.ofKey ?? 0
}

const ADVICE: Readonly<Record<Tenant['namedBy'], (evidence: Evidence) => TenantAdvice>> = {
  queue: () => ({
    others: 'the fair queue serves it in turn with the others',
    advice:
      'The others get their turns. To bound how many requests one of them may have waiting, set "broker.client.queue.max".',
    option: 'broker.client.queue.max',
  }),
  limits: ({ limits, ownsQueue }) => {
    const { weight, max = Infinity } = limits || {}
    const bound = max === Infinity ? 'set "limits.max"' : `lower "limits.max" (now ${max})`
    return weight === undefined
      ? {
          others: 'tenants do not take turns, so the others wait behind it',
          advice:
            `To let them take turns, set "limits.weight"${ofBroker(ownsQueue)} or a smaller "limits.concurrency". To bound how ` +
            `many requests one of them may have waiting, ${bound}.`,
          option: 'limits.weight',
        }
      : {
          others: '"limits.weight" gives it its turns, and the others theirs',
          advice: `The others get their turns. To bound how many requests one of them may have waiting, ${bound}${ofBroker(ownsQueue, '')}.`,
          option: 'limits.max',
        }
  },
  rate: ({ ownsQueue }) => ({
    others: 'tenants do not take turns, so the others wait behind it',
    advice:
      `To let them take turns, set "limits"${ofBroker(ownsQueue)} with the "by" of the rate and a "weight". Its "max" bounds how many ` +
      'requests one of them may have waiting.',
    option: 'limits',
  }),
}
