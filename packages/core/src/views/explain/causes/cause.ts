import type { Evidence } from '../evidence'
import type { Finding } from '../finding'

/** Looks for one cause in the evidence; null if it is not there. */
export type Cause = (evidence: Evidence) => Finding | Finding[] | null

/** A turn of the event loop that takes this long delays everything else in the process. */
export const LONG_TURN_MS = 100
/** Fewer events than this within 10 to 20 seconds are not a pattern. */
export const SEVERAL = 5
