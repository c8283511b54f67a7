/** The quartiles of some values. */
function quartiles(values: readonly number[]): readonly [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN
  return [at(0.25), at(0.5), at(0.75)]
}

/** How many of `run` end in a second, with so many in flight. */
async function rate(run: () => Promise<unknown>, inFlight: number, ms: number): Promise<number> {
  let done = 0
  const begin = performance.now()
  const end = begin + ms
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await run()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (done * 1000) / (performance.now() - begin)
}

/** Tasks in one burst of a warm-up. */
const BURST = 500

/** Runs so many tasks, but no longer than `ms`: in bursts, since a round begins and ends, and V8 compiles what happens then, too. */
export async function warmUp(
  run: () => Promise<unknown>,
  inFlight: number,
  { tasks, ms }: { readonly tasks: number; readonly ms: number },
): Promise<void> {
  const end = performance.now() + ms
  for (let rest = tasks; rest > 0 && performance.now() < end; rest -= BURST) {
    let left = Math.min(rest, BURST)
    const worker = async (): Promise<void> => {
      while (left-- > 0 && performance.now() < end) await run()
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
  }
}

/** The rates of all subjects in each of some rounds. They take turns: rounds begin with another one, and every other one goes backwards. */
export async function rounds(
  subjects: Readonly<Record<string, () => Promise<unknown>>>,
  { times, ms, inFlight }: { readonly times: number; readonly ms: number; readonly inFlight: number },
): Promise<Readonly<Record<string, number>>[]> {
  const found: Record<string, number>[] = []
  for (let round = 0; round < times; round++) {
    const rates: Record<string, number> = {}
    for (const [name, run] of orderOf(Object.entries(subjects), round)) rates[name] = await rate(run, inFlight, ms)
    found.push(rates)
  }
  return found
}

function orderOf<T>(all: readonly T[], round: number): readonly T[] {
  const from = Math.floor(round / 2) % all.length
  const order = [...all.slice(from), ...all.slice(0, from)]
  return round % 2 === 0 ? order : order.reverse()
}

/**
 * The name of the one with the greatest median. The greatest rate of each round would be that of none: with two that are equal, it is
 * above their mean by half of their standard deviation.
 */
export function bestOf(found: readonly Readonly<Record<string, number>>[], names: readonly string[]): string {
  const median = (name: string): number => quartiles(found.map((of) => of[name] ?? NaN))[1]
  return names.reduce((best, name) => (median(name) > median(best) ? name : best))
}

/** A line with the median and the quartiles of a ratio or a figure, and the least that is wanted. */
export function line(title: string, values: readonly number[], goal: string, unit = 'x'): string {
  const digits = unit === 'x' ? 2 : 0
  const [low, middle, high] = quartiles(values).map((value) =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits }),
  )
  return `${title.padEnd(64)} ${String(middle).padStart(9)} ${unit} (${low} to ${high}; wanted ${goal})`
}
