/**
 * So many answers are posted at once at most if their callers have waited long in the queue. Each post wakes the pool's own thread,
 * which takes a core from a thread if all cores are at work.
 */
export const MOST_HELD = 4
