import type { DropReason } from '@genpool/broker'

/** What happened, what to do, and the option to change. */
interface DropAdvice {
  readonly says: string
  readonly advice: string
  readonly option: string | null
}

const MORE_MEMBERS = 'raise "size" if members are busy and their backend can take more'

/** The same advice as in docs/guide/dropped.md. */
const ADVICE: Readonly<Partial<Record<DropReason, DropAdvice>>> = {
  max: {
    says: 'the queue was full',
    advice: `If bursts are short, raise "broker.client.max"; if it is always full, ${MORE_MEMBERS}.`,
    option: 'broker.client.max',
  },
  timeout: {
    says: 'they waited longer than the queue allows',
    advice: `If late answers are still useful, raise "broker.client.timeout"; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.client.timeout',
  },
  codel: {
    says: 'waits stayed above the target for a whole interval',
    advice: `If callers can wait, raise "broker.client.target"; if short bursts should pass, raise "broker.client.interval"; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.client.target',
  },
  priority: {
    says: 'the queue was full, and more urgent requests came',
    advice: 'Raise "broker.client.max", or the priority of requests that must not be dropped.',
    option: 'broker.client.max',
  },
  forecast: {
    says: 'their predicted wait was too long',
    advice: `Raise the target of "broker.admission" if callers can wait; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.admission',
  },
  budget: {
    says: 'too little time was left to run them before their deadline',
    advice: `Give callers a longer "timeout", or ${MORE_MEMBERS}.`,
    option: 'timeout',
  },
  expired: {
    says: 'their deadline passed while they waited',
    advice: `Give callers a longer "timeout", or ${MORE_MEMBERS}.`,
    option: 'timeout',
  },
  protector: {
    says: 'a share of all requests is refused while waits are long',
    advice: `Send fewer requests, or ${MORE_MEMBERS}.`,
    option: 'broker.admission',
  },
  throttled: {
    says: 'many earlier requests were refused, so a share of the new ones is refused at once',
    advice: 'Fix the other drop reasons first; the throttle only follows them.',
    option: 'throttle',
  },
  breaker: {
    says: 'earlier requests kept failing',
    advice: 'Fix what makes handlers crash. The breaker closes when its probes succeed.',
    option: null,
  },
}

export function adviceFor(reason: string): DropAdvice {
  const known = (ADVICE as Readonly<Record<string, DropAdvice | undefined>>)[reason]
  return (
    known ?? { says: `the reason was "${reason}"`, advice: `Send fewer requests, or ${MORE_MEMBERS}.`, option: null }
  )
}
