import { type Clock, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream'
import { consumersOf } from './consumers-of'
import { consumerOf } from './lanes'
import type { QueueNames } from './names'

/** How often it looks. */
const EVERY_MS = 10_000
/** What of a consumer at the server somebody may change while it is used. */
const KEPT = ['max_deliver', 'ack_wait', 'max_ack_pending'] as const

/** What differs at a consumer from what it was made with: what to write, and in words; null if nothing does. */
function changeOf(
  found: ConsumerConfig,
  made: Partial<ConsumerConfig>,
): { readonly back: Partial<ConsumerConfig>; readonly says: string } | null {
  const changed = KEPT.filter((key) => found[key] !== made[key])
  if (changed.length === 0) return null
  const says = changed.map((key) => `"${key}" ${found[key]} in place of ${made[key]}`).join(' and ')
  return { back: Object.fromEntries(changed.map((key) => [key, made[key]])), says }
}

/** Sets consumers of a queue at the server back that somebody has edited there: casts would be delivered once only, or wait for ever. */
export class ChangedConsumers {
  /** Which one cannot be set back, and why; null if none is changed. */
  trouble: string | null = null
  #lookAt: Nanos = -Infinity

  constructor(
    private readonly queue: {
      readonly jsm: JetStreamManager
      readonly names: QueueNames
      readonly clock: Clock
      readonly options: { readonly ackWait: number }
    },
  ) {}

  /** Called now and then; never rejects. */
  async look(): Promise<void> {
    const { clock } = this.queue
    if (clock.now() < this.#lookAt) return
    this.#lookAt = clock.now() + EVERY_MS * NS_PER_MS
    try {
      await this.areWell()
    } catch {
      // The server says nothing of them now.
    }
  }

  /** Looks now. Resolves with whether all are as they were made. @throws if the server does not say how they are */
  async areWell(): Promise<boolean> {
    this.trouble = await this.setBack()
    return this.trouble === null
  }

  /** Returns which one cannot be set back, and why. @throws if the server does not say how they are */
  async setBack(): Promise<string | null> {
    const { jsm, names, options } = this.queue
    let trouble: string | null = null
    for (const { name, config } of (await consumersOf(jsm, names)).found) {
      const own = names.all.find(({ consumer }) => consumer === name)
      const change = own && changeOf(config, consumerOf(own.subject, own.consumer, options.ackWait))
      if (!change) continue
      await jsm.consumers.update(names.jobs, name, change.back).catch((error: unknown) => {
        trouble ??= `somebody has edited the consumer "${name}" of the stream "${names.jobs}": it has ${change.says}, and ${NOT_BACK} ${textOf(error)}`
      })
    }
    return trouble
  }
}

const NOT_BACK =
  'casts may not be tried again, or not be delivered. It cannot be set back ("nats consumer edit", or delete it: consumers make it again):'
