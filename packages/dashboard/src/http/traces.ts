import type { PoolRef } from '@genpool/core'
import { type Clock, NS_PER_MS } from '@genpool/runtime'
import type { ServerResponse } from 'node:http'
import { Recorder, type Recording, traceHead } from '../advisor/recorder'
import { begin } from './answer'
import { TraceResponse } from './trace-response'

/** Each costs the pool some microseconds a request, so there are few. */
const MOST_RECORDINGS = 5
const FLUSH_NS = 250 * NS_PER_MS

/** The recordings that visitors take: what comes from now on, until they have enough. */
export class Traces {
  readonly #open = new Map<ServerResponse, Recording>()

  constructor(private readonly clock: Clock) {}

  /** Begins to send the trace of a pool. False if there are too many. */
  open(pool: PoolRef, response: ServerResponse): boolean {
    if (this.#open.size >= MOST_RECORDINGS) return false
    begin(response, 200, 'application/x-ndjson')
    response.setHeader('X-Accel-Buffering', 'no')
    const sink = new TraceResponse(response, traceHead(pool))
    const recorder = new Recorder(pool, sink, { clock: this.clock, flushNs: FLUSH_NS })
    this.#open.set(response, recorder)
    response.once('close', () => {
      this.#open.delete(response)
      void recorder.stop()
    })
    return true
  }

  end(): void {
    for (const [response, recording] of this.#open) void recording.stop().then(() => response.end())
  }
}
