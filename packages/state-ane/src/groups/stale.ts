/** Thrown by a commit that is for another value than the latest one: it has seen nothing, and is made anew elsewhere. */
export const STALE = new Error('stale')
