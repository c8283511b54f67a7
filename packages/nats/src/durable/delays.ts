/** A time of the server's clock, in milliseconds since 1970. */
export type ServerMs = number

/** What is due so soon is kept here, and moved by a timer of this process. */
const NEAR_MS = 3000
/** What is due later comes again so long before, at least. */
const LEAD_MS = 1000
/** What is kept here is delivered again so long after it was due, at least, in case this process has ended. */
const SPARE_MS = 1000
/** When they come again is rounded to this. Each such time costs the server a look at all casts that are held back. */
const STEP_MS = 1000
/** The same for those that are due soon and cannot be kept here. */
const FINE_STEP_MS = 50

/** What becomes of a cast that is held back and not due yet. */
export interface DelayPlan {
  /** Whether this process keeps it until it is due. */
  readonly isKept: boolean
  /** When the server is to deliver it again. */
  readonly backAt: ServerMs
}

/** @param hasRoom whether this process can keep one more */
export function delayPlan(dueAt: ServerMs, now: ServerMs, hasRoom: boolean): DelayPlan {
  if (dueAt - now > NEAR_MS) {
    return { isKept: false, backAt: Math.floor((dueAt - LEAD_MS) / STEP_MS) * STEP_MS }
  }
  if (!hasRoom) return { isKept: false, backAt: Math.ceil(dueAt / FINE_STEP_MS) * FINE_STEP_MS }
  return { isKept: true, backAt: Math.ceil((dueAt + SPARE_MS) / STEP_MS) * STEP_MS }
}
