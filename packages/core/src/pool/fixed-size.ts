import type { SizePolicy } from './ports'

/** What says how many members a pool has while no policy decides about it. */
export interface Sizing {
  /** The number of members, as it is now. */
  readonly fixedSize: number
}

/** A fixed size: it changes only by `resize`. */
export class FixedSize implements SizePolicy {
  constructor(
    private readonly sizing: Sizing,
    private readonly roster: { resize(size: number): void },
  ) {}

  populate(): void {
    this.roster.resize(this.sizing.fixedSize)
  }

  mayEnd(): boolean {
    return false
  }

  end(): void {
    // It has nothing to stop.
  }
}
