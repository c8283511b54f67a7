import { type Clock, type Nanos, NS_PER_MS, textOf } from '@genpool/runtime'
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { pause } from '../pause'
import { consumersOf } from './consumers-of'
import { floorOf } from './floors'
import { consumerOf } from './lanes'
import type { Marks } from './marks'
import type { QueueNames } from './names'
import type { ServerClock } from './server-clock'
import { editedNow } from './trouble'
import { nextOf } from './unlisted'

/** How often it looks. */
const EVERY_MS = 4000
/** What is stored so long after a look may have been delivered as the edited consumer does. */
const SETTING_BACK_MS = 10_000
/** What was acknowledged is gone so soon. */
const MOMENT_MS = 300
/** So many that were passed by are brought back at a time. */
const MOST_PASSED = 10_000
/** What of a consumer at the server somebody may change while it is used, and what it is if nobody says otherwise. */
const KEPT: Partial<ConsumerConfig> = {
  max_deliver: -1,
  ack_wait: 0,
  max_ack_pending: -1,
  filter_subject: '',
  filter_subjects: [],
  headers_only: false,
  max_batch: 0,
  max_expires: 0,
  max_bytes: 0,
  backoff: [],
  inactive_threshold: 0,
  mem_storage: false,
}
/** With these, the server counts what nobody has done as delivered. */
const LOSING = new Set<string>(['max_deliver', 'filter_subject', 'filter_subjects', 'backoff'])

/** How a consumer at the server differs from what it was made with. */
interface Change {
  readonly consumer: string
  readonly subject: string
  /** As the server says. */
  readonly info: ConsumerInfo
  /** What to write. */
  readonly back: Partial<ConsumerConfig>
  /** In words. */
  readonly says: string
  /** Whether what was delivered may be given up, or passed by. */
  readonly mayLose: boolean
}

/** What of a queue says how its consumers are made. */
export interface MadeConsumers {
  readonly names: Pick<QueueNames, 'all'>
  readonly options: { readonly ackWait: number }
}

/** The consumers of a queue that somebody has edited. */
function changesIn(found: readonly ConsumerInfo[], { names, options }: MadeConsumers): readonly Change[] {
  const infos = new Map(found.map((info) => [info.name, info]))
  return names.all.flatMap(({ subject, consumer }) => {
    const info = infos.get(consumer)
    if (info === undefined) return []
    const made = { ...KEPT, ...consumerOf(subject, consumer, options.ackWait) }
    const keys = (Object.keys(KEPT) as (keyof ConsumerConfig)[]).filter(
      (key) => JSON.stringify(info.config[key] ?? KEPT[key]) !== JSON.stringify(made[key]),
    )
    if (keys.length === 0) return []
    const says = keys.map((key) => `"${key}" ${wordOf(info.config[key])} in place of ${wordOf(made[key])}`)
    return [
      {
        consumer,
        subject,
        info,
        back: Object.fromEntries(keys.map((key) => [key, made[key]])),
        says: says.join(' and '),
        mayLose: keys.some((key) => LOSING.has(key)),
      },
    ]
  })
}

/** Whether what is behind their floors may be not done. */
export function mayLose(found: readonly ConsumerInfo[], made: MadeConsumers): boolean {
  return changesIn(found, made).some((change) => change.mayLose)
}

function wordOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value)
}

/** What setting back needs of a queue. */
export interface ChangedPorts extends MadeConsumers {
  readonly jsm: JetStreamManager
  readonly names: QueueNames
  readonly clock: Clock
  readonly time: Pick<ServerClock, 'now'>
  readonly marks: Pick<Marks, 'edited'>
}

/** Sets consumers of a queue at the server back that somebody has edited there: casts would be delivered once only, or wait for ever. */
export class ChangedConsumers {
  /**
   * Called when some were set back, with the places of casts that the server has passed by: it never delivers them. And it does not look again
   * at requests that wait (2.9).
   */
  readonly back = new Set<(passed: readonly number[]) => void>()
  #changes: readonly Change[] = []
  /** Why one cannot be set back. */
  #refusal: string | null = null
  #mending: Promise<boolean> | null = null
  #lookAt: Nanos = -Infinity

  constructor(private readonly ports: ChangedPorts) {}

  /** Which one is changed, and why it is not set back; null if none is. */
  get trouble(): string | null {
    const [first] = this.#changes
    if (first === undefined) return null
    return editedNow({ stream: this.ports.names.jobs, ...first, refusal: this.#refusal })
  }

  /** The server said this of the consumers. Returns whether some are changed. */
  saw(found: readonly ConsumerInfo[]): boolean {
    this.#changes = changesIn(found, this.ports)
    if (this.#changes.length === 0) this.#refusal = null
    return this.#changes.length > 0
  }

  /** Called now and then; never rejects. */
  async look(): Promise<void> {
    const { clock } = this.ports
    if (clock.now() < this.#lookAt) return
    this.#lookAt = clock.now() + EVERY_MS * NS_PER_MS
    // If it fails, the server says nothing of them now.
    await this.areWell().catch(() => undefined)
  }

  /** Looks now, and sets them back. Resolves with whether all are as they were made. @throws if the server does not say how they are */
  areWell(): Promise<boolean> {
    this.#mending ??= this.#mend().finally(() => (this.#mending = null))
    return this.#mending
  }

  async #mend(): Promise<boolean> {
    const { jsm, names, marks, time } = this.ports
    if (!this.saw((await consumersOf(jsm, names)).found)) return true
    // Before it can be seen no more: what the server takes for done by then may be not done.
    const changes = this.#changes
    if (changes.some((change) => change.mayLose)) await marks.edited((time.now() + SETTING_BACK_MS) * 1000)
    const passed = (await Promise.all(changes.map((change) => this.#passedBy(change)))).flat()
    const left: Change[] = []
    let refusal: string | null = null
    for (const change of changes) {
      try {
        await jsm.consumers.update(names.jobs, change.consumer, change.back)
      } catch (error) {
        left.push(change)
        refusal ??= textOf(error)
      }
    }
    this.#refusal = refusal
    this.#changes = left
    if (left.length < changes.length) await this.#tell(left.length === 0 ? passed : [])
    return left.length === 0
  }

  /** What was acknowledged at the same time is gone when they are looked at. */
  async #tell(passed: readonly number[]): Promise<void> {
    if (passed.length > 0) await pause(this.ports.clock, MOMENT_MS, false)
    for (const each of this.back) each(passed)
  }

  /** Casts that count as delivered, and are neither acknowledged nor in hand: the consumer was given another subject. */
  async #passedBy({ info, subject }: Change): Promise<number[]> {
    const { jsm, names } = this.ports
    const passed: number[] = []
    if (info.num_ack_pending > 0) return passed
    const through = info.delivered.stream_seq
    for (let from = floorOf(info) + 1; from <= through && passed.length < MOST_PASSED;) {
      const found = await nextOf(jsm, names.jobs, { from, subject })
      if (found === null || found.seq > through) break
      passed.push(found.seq)
      from = found.seq + 1
    }
    return passed
  }
}
