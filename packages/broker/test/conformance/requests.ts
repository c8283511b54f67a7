import { Waiting } from '../../src'

/** A request of the recordings. */
export class Request extends Waiting {
  constructor(
    readonly id: number,
    sentAt: number,
    readonly value?: readonly number[],
  ) {
    super(sentAt)
  }

  override get subject(): unknown {
    return this.value
  }
}

export interface RecordedRequest {
  readonly id: number
  readonly tag: number
  readonly send: number
  readonly value?: readonly number[]
}

export function toRequest({ id, tag, send, value }: RecordedRequest): Request {
  const request = new Request(id, send, value)
  request.tag = tag
  return request
}

/** The options of a queue as the recordings write them, in the words of this library. */
export function toQueueOptions(module: string, args: Record<string, unknown>): Record<string, unknown> {
  const { out, drop, max, ...rest } = args
  return {
    type: module,
    ...(out === undefined ? {} : { order: out === 'out' ? 'fifo' : 'lifo' }),
    ...(drop === undefined ? {} : { dropFrom: drop === 'drop' ? 'head' : 'tail' }),
    ...(max === undefined ? {} : { max: finite(max) }),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, finite(value)])),
  }
}

/** The same for a fair queue. */
export function toFairOptions(spec: unknown): object {
  const { module, args, index } = spec as { module: string; args: Record<string, unknown>; index: unknown }
  return { type: 'fair', by: index, queue: toQueueOptions(module, args) }
}

/** The options of a valve, whose words are the same but for "infinity". */
export function toValveOptions(spec: unknown): object {
  return Object.fromEntries(Object.entries(spec as object).map(([key, value]) => [key, finite(value)]))
}

/** The options of a meter, which have two sides at times. */
export function toMeterOptions(spec: unknown): object {
  const { ask_r: askR, ...rest } = toValveOptions(spec) as Record<string, unknown>
  return askR === undefined ? rest : { ...rest, askR }
}

function finite(value: unknown): unknown {
  return value === 'infinity' ? Infinity : value
}
