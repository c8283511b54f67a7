import type { StartCounter, Supervision } from './ports'

/** Without supervision a crash fails its requests and replaces its member, and a failed start stops the pool. */
export const noSupervision: Supervision = {
  fateOf: () => 'fail',
  memberCrashed: (seat, _request, cause) => seat.fail(cause),
  overTheLimit: () => null,
  misfit: () => undefined,
  isNew: () => false,
  startCounter: () => new OneStart(),
  startFailed: (start, error) => start.leave(error),
}

class OneStart implements StartCounter {
  failures = 0

  succeeded(): void {
    this.failures = 0
  }

  failed(): null {
    this.failures++
    return null
  }
}
