import type { Percentiles } from '@genpool/core'
import type { Said } from '../nodes/said'
import type { EndpointCounts } from './endpoint-ports'

/** The figures of a served pool. */
export interface ServiceFigures extends Said {
  /** How long requests took here lately, from their arrival to their answer. */
  readonly answer: Percentiles
  readonly requests: Readonly<EndpointCounts>
}
