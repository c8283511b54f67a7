import type { Percentiles } from '@genpool/core'
import type { Said } from '../nodes/said'
import type { EndpointCounts } from './endpoint-ports'

/** The figures of a served pool. */
export interface ServiceFigures extends Said {
  /** How long requests took here lately, from their arrival to their answer. */
  readonly answer: Percentiles
  /** `ignored`: not run, because NATS does not let this node publish to the inbox of the caller. */
  readonly requests: Readonly<EndpointCounts> & { readonly ignored: number }
  /** What NATS said when it refused a message of this node; null if it did not. */
  readonly refusal: string | null
}
