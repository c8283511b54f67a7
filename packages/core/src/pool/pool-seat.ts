import type { Turn } from '@genpool/runtime'
import type { Cell } from '@genpool/state-ane'
import type { MemberInfo } from '../behaviours/context'
import type { PoolFacts } from '../behaviours/pool-facts'
import type { StateOptions } from '../work/state-options'
import type { WorkerSeat } from '../work/worker'

/** What a pool shows to each worker. */
interface SeatPorts {
  readonly cell: Cell<unknown> | undefined
  readonly turn: Turn
  readonly facts: PoolFacts
  /** Another object after `configure` has changed something. */
  readonly stateOptions: StateOptions
}

/** The place of one worker in a pool. */
export class PoolSeat implements WorkerSeat {
  readonly cell: Cell<unknown> | undefined

  constructor(
    readonly info: MemberInfo,
    private readonly pool: SeatPorts,
  ) {
    this.cell = pool.cell
  }

  get turn(): Turn {
    return this.pool.turn
  }

  get facts(): PoolFacts {
    return this.pool.facts
  }

  get stateOptions(): StateOptions {
    return this.pool.stateOptions
  }
}
