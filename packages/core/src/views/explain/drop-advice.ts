import type { DropReason } from '@genpool/broker'

/** What happened, what to do, and which option it is about. */
interface DropAdvice {
  readonly says: string
  readonly advice: string
  readonly option: string | null
}

const MORE_MEMBERS = 'raise "size" if members have enough to do, and what they wait for can take it'

/** As in the guide, "Which knob to turn when callers are dropped". */
const ADVICE: Readonly<Partial<Record<DropReason, DropAdvice>>> = {
  max: {
    says: 'the queue was full',
    advice: `If bursts are short, raise "broker.client.max"; if it is always full, ${MORE_MEMBERS}.`,
    option: 'broker.client.max',
  },
  timeout: {
    says: 'they waited longer than the queue allows',
    advice: `If late answers are still of use, raise "broker.client.timeout"; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.client.timeout',
  },
  codel: {
    says: 'waits stayed above the target for a whole interval',
    advice: `If callers can wait, raise "broker.client.target"; if short bursts are to pass, "broker.client.interval"; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.client.target',
  },
  priority: {
    says: 'the queue was full, and something more urgent came',
    advice: 'Raise "broker.client.max", or the priority of what must not be shed.',
    option: 'broker.client.max',
  },
  forecast: {
    says: 'the work ahead of them would have taken too long',
    advice: `Raise the target of "broker.admission" if callers can wait; otherwise ${MORE_MEMBERS}.`,
    option: 'broker.admission',
  },
  budget: {
    says: 'too little time was left before their deadline to run them',
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
    says: 'so many before them were refused that a share is refused at once',
    advice: 'Look at the other reasons: what refuses the others has to be turned first.',
    option: 'throttle',
  },
  breaker: {
    says: 'handlers kept failing before them',
    advice: 'Mend what the handlers crash on; requests are let through again when a probe succeeds.',
    option: null,
  },
}

export function adviceFor(reason: string): DropAdvice {
  const known = (ADVICE as Readonly<Record<string, DropAdvice | undefined>>)[reason]
  return (
    known ?? { says: `the reason was "${reason}"`, advice: `Send fewer requests, or ${MORE_MEMBERS}.`, option: null }
  )
}
