import { type Delivery, type GenPoolError, InvalidError, type PoolRef } from '@genpool/core'
import { deliver, type Delivering, messageTypesOf } from '@genpool/core/elsewhere'
import { type Nanos, textOf } from '@genpool/runtime'
import { typeIn } from '../nodes/served-types'
import type { Propagation } from '../propagation'
import type { Bodies } from '../wire/codec'
import { BadFrame } from '../wire/errors'
import { type Kept, NOTHING_KEPT } from './history'
import type { Incoming } from './incoming'
import type { JobHeader } from './job-frame'

/** A cast in hand. */
export class Job {
  kept: Kept = NOTHING_KEPT
  attempt = 1
  /** Whether it must be written down that its attempt begins. */
  isNoted = false
  /** Whether nobody knows if the first attempt had begun. */
  isUnsure = false
  /** Whether it may be somebody else's: then it must not begin. */
  lapsed = false
  /** Why it is given back though the pool has refused nothing; undefined if it is not. */
  givenBack: string | undefined
  /** Null until the pool has it. */
  running: Delivering | null = null

  constructor(
    /** As it was delivered last. */
    public incoming: Incoming,
    readonly lane: number,
    readonly header: JobHeader,
    readonly body: Uint8Array,
    /** When it came here, by the clock of this process. */
    readonly since: Nanos,
  ) {}
}

/** What running needs. */
export interface RunPorts {
  readonly pool: PoolRef
  readonly timeoutMs: number
  readonly bodies: Bodies
  readonly propagation: Propagation | undefined
}

/** Runs a cast in the pool. @throws {BadFrame} if its message cannot be read; it is not run then */
export function runJob(
  job: Job,
  ports: RunPorts,
  ended: (error: GenPoolError | undefined, runs: number) => void,
): void {
  const message = messageIn(job, ports.bodies)
  const type = calledIn(ports.pool, message)
  if (type !== null) throw new BadFrame(isCall(type))
  const { propagation, timeoutMs, pool } = ports
  const run = (): void => {
    job.running = deliver(pool, message, { delivery: deliveryOf(job), timeout: timeoutMs }, ended)
  }
  if (propagation === undefined) return run()
  const { headers } = job.incoming.message
  if (headers === undefined) return run()
  propagation.within({ get: (name) => headers.get(name) || undefined, names: () => headers.keys() }, run)
}

/** The type of a message for which a pool has only a handler of calls; null if it has one of casts, or none. */
export function calledIn(pool: PoolRef, message: unknown): string | null {
  const types = messageTypesOf(pool)
  if (types === null || types.calls.length === 0) return null
  const type = typeIn(message)
  return type !== null && types.calls.includes(type) && !types.casts.includes(type) ? type : null
}

/** Nobody would get what such a handler answers. */
export function isCall(type: string): string {
  return `"${type}" is a call, and nobody waits for its answer: durable casts need a handler in "casts"`
}

function messageIn({ body }: Job, bodies: Bodies): unknown {
  try {
    return bodies.read(body)
  } catch (error) {
    throw error instanceof BadFrame ? error : new BadFrame(`its codec cannot read it: ${textOf(error)}`)
  }
}

/** The type of a cast; undefined if it has none. */
export function typeOf(job: Job, bodies: Bodies): string | undefined {
  const { type } = (messageIn(job, bodies) ?? {}) as { type?: unknown }
  return typeof type === 'string' ? type : undefined
}

function deliveryOf(job: Job): Delivery {
  const { id, key } = job.header
  return { id, attempt: job.attempt, storedAt: new Date(storedAtOf(job)), seq: job.incoming.seq, key }
}

/** When a cast was stored first. */
export function storedAtOf({ incoming, header }: Pick<Job, 'incoming' | 'header'>): number {
  return header.storedAt ?? incoming.storedAt
}

/** The error for bytes that are no cast. */
export function badJob(queue: string, error: unknown): GenPoolError {
  return new InvalidError(`message in the queue "${queue}"`, [{ path: [], message: textOf(error) }], error)
}
