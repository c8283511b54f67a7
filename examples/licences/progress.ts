import { Presets, SingleBar } from 'cli-progress'

/** Shows the progress of a job. */
export interface Progress {
  step(): void
  end(): void
}

/** A bar on a terminal; elsewhere, one plain line for each quarter. */
export function progress(total: number, out: NodeJS.WriteStream): Progress {
  return out.isTTY ? bar(total, out) : lines(total, (line) => void out.write(`${line}\n`))
}

function bar(total: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({ stream, format: '{bar} {value} of {total} manifests' }, Presets.shades_classic)
  bar.start(total, 0)
  return { step: () => bar.increment(), end: () => bar.stop() }
}

/** Exported for its test. */
export function lines(total: number, write: (line: string) => void): Progress {
  let done = 0
  const quarter = (n: number): number => Math.floor((4 * n) / total)
  return {
    step() {
      done++
      if (quarter(done) > quarter(done - 1)) write(`${done} of ${total} manifests`)
    },
    end: () => undefined,
  }
}
