import { Presets, SingleBar } from 'cli-progress'
import type { Progress } from '../advisor/goal'
import type { Io } from './io'

/** Shows how far a search is; only on a terminal. */
export class ProgressBar {
  #bar: SingleBar | null = null

  constructor(private readonly io: Io) {}

  readonly update = ({ done, expected, doing }: Progress): void => {
    if (!this.io.isTty) return
    this.#bar ??= begun(this.io, expected, doing)
    this.#bar.setTotal(Math.max(expected, done))
    this.#bar.update(done, { doing })
  }

  end(): void {
    this.#bar?.stop()
    this.#bar = null
  }
}

function begun(io: Io, total: number, doing: string): SingleBar {
  const format = '{bar} {percentage} % · {value} simulations, {eta_formatted} left · {doing}'
  const bar = new SingleBar(
    { stream: screenOf(io), format, hideCursor: true, clearOnComplete: true, fps: 8, barsize: 24 },
    Presets.shades_classic,
  )
  bar.start(total, 0, { doing })
  return bar
}

/** What the bar needs of a stream. */
function screenOf({ err, size }: Io): NodeJS.WriteStream {
  const screen = {
    isTTY: true,
    get columns() {
      return size().columns
    },
    write: (text: string) => {
      err(text)
      return true
    },
  }
  return screen as unknown as NodeJS.WriteStream
}
