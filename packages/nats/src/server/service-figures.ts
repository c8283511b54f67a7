import type { Said } from '../nodes/said'
import type { EndpointCounts } from './endpoint'

/** The figures of a served pool. */
export interface ServiceFigures extends Said {
  readonly requests: Readonly<EndpointCounts>
}
