import type { Evidence } from './evidence'
import type { Finding } from './finding'

/** Looks for one cause in the evidence; null if it is not there. */
export type Cause = (evidence: Evidence) => Finding | null

/** Fewer events than this within 10 to 20 seconds are not a pattern. */
export const SEVERAL = 5
