import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the event loop is asked, in milliseconds. */
const RESOLUTION = 10

/** How late the event loop was, of this whole process. Its timer belongs to Node and holds no process. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION })

  constructor() {
    this.#histogram.enable()
  }

  /** The longest delay since the last call, in milliseconds. */
  take(): number {
    const longest = Math.max(0, this.#histogram.max / 1e6 - RESOLUTION)
    this.#histogram.reset()
    return Math.round(longest * 10) / 10
  }

  end(): void {
    this.#histogram.disable()
  }
}
