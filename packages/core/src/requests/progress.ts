import type { Rarely } from './rarely'

/** A request whose caller may want to know how far it is. */
interface Followed {
  readonly outcome: string | null
  readonly rarely: Rarely | null
  readonly owner: {
    /** Calls something of the caller's, after what runs now and what is told before. */
    tell(callback: () => unknown, name?: string): void
  }
}

/** Tells the caller of a request how far it is. Returns whether it is told. */
export function tellProgress({ outcome, rarely, owner }: Followed, value: unknown): boolean {
  if (outcome !== null || rarely === null || rarely.onProgress === null) return false
  const { onProgress } = rarely
  rarely.untold++
  owner.tell(() => {
    rarely.untold--
    return onProgress(value)
  }, 'onProgress')
  return true
}

/**
 * What tells the caller of a request how it ended: after all progress. The outcome itself is decided before, and does not wait.
 *
 * @param tell tells it at once
 */
export function afterProgress({ rarely, owner }: Followed, tell: (value: unknown) => void): (value: unknown) => void {
  return rarely === null || rarely.untold === 0 ? tell : toldLast(owner, tell)
}

/** Apart from `afterProgress`: where a closure stands, V8 makes room for what it holds, also for a request that makes none. */
function toldLast(owner: Followed['owner'], tell: (value: unknown) => void): (value: unknown) => void {
  return (value) => owner.tell(() => tell(value))
}
