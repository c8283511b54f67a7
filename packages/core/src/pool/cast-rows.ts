import type { Turn } from '@genpool/runtime'
import type { Rows } from '../members/crew'
import type { Request } from '../requests/request'
import type { Listeners } from './listeners'
import type { Port } from './port'
import type { Recorder } from './ports'

/** What rows need of the crew. */
interface RowPorts {
  readonly turn: Turn
  readonly work: Port
  busy: number
}

/**
 * Counts the casts that members run in a row, as `PoolCrew` and `Pool` count others. Between two of them nothing else runs, so the pool
 * stays as busy as it is.
 */
export class CastRows implements Rows {
  constructor(
    private readonly crew: RowPorts,
    private readonly recorder: Recorder,
    private readonly listeners: Listeners,
  ) {}

  get isWatched(): boolean {
    return this.listeners.watchRuns
  }

  done(cast: Request): void {
    cast.outcome = 'replied'
    this.recorder.counters.outcomes.replied++
    this.listeners.tellSettled(cast, 'replied', undefined)
  }

  next(cast: Request, pack: unknown): boolean {
    const { work, turn } = this.crew
    if (!work.takeInto(cast, pack)) return false
    cast.outcome = null
    this.recorder.waited(cast.sentAt, turn.now())
    return true
  }

  end(): void {
    this.crew.busy--
  }
}
