import type { Cell } from '@genpool/state-ane'
import type { Request } from '../requests/request'
import { InProcessWorker } from './in-process'
import type { InProcessPool } from './in-process-pool'
import { CellKeeper } from './state-keeper'
import type { Worker, WorkerFactory, WorkerHost, WorkerSeat } from './worker'

/** Makes the workers that run in this thread. */
export class InProcessWorkers implements WorkerFactory<Request> {
  /** The keeper of the state that all members share. */
  #shared: CellKeeper | null = null

  constructor(private readonly pool: InProcessPool) {}

  create({ info, cell }: WorkerSeat, host: WorkerHost<Request>): Worker<Request> {
    return new InProcessWorker(this.pool, info, host, cell === undefined ? null : this.#keeperOf(cell))
  }

  #keeperOf(cell: Cell<unknown>): CellKeeper {
    return this.#shared?.cell === cell ? this.#shared : (this.#shared = new CellKeeper(cell))
  }
}
