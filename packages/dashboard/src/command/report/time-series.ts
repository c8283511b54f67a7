import type { Prediction } from '../../advisor/prediction'
import type { Onlooker } from '../../advisor/simulation'
import type { Trace } from '../../advisor/trace'
import type { Plot } from './svg'

/** A plot has so many points. */
const POINTS = 120

/** Gathers what became of requests over time, for plots. */
export class TimeSeries implements Onlooker {
  readonly #latencies: number[][]
  readonly #lost: number[]
  readonly #arrived: number[]
  readonly #stepMs: number

  constructor(trace: Trace) {
    const lastsMs = trace.requests.at(-1)?.at ?? 0
    this.#stepMs = Math.max(1, lastsMs / POINTS)
    const length = Math.floor(lastsMs / this.#stepMs) + 1
    this.#latencies = Array.from({ length }, () => [])
    this.#lost = new Array<number>(length).fill(0)
    this.#arrived = new Array<number>(length).fill(0)
  }

  settled(outcome: string, latencyMs: number, sentAt: number): void {
    const at = Math.min(this.#arrived.length - 1, Math.floor(sentAt / this.#stepMs))
    this.#arrived[at] = (this.#arrived[at] ?? 0) + 1
    if (outcome === 'replied') this.#latencies[at]?.push(latencyMs)
    else this.#lost[at] = (this.#lost[at] ?? 0) + 1
  }

  isOver(): boolean {
    return false
  }

  /** Requests, latencies and members over one time. */
  plots({ sizes }: Prediction, p99Ms?: number): readonly Plot[] {
    const seconds = (this.#stepMs * this.#arrived.length) / 1000
    const x = { unit: 's', max: seconds }
    const at = (i: number): number => (i * this.#stepMs) / 1000
    const perSecond = (counts: readonly number[]) => counts.map((n, i) => [at(i), (n * 1000) / this.#stepMs] as const)
    const latency = (share: number) => this.#latencies.map((values, i) => [at(i), percentile(values, share)] as const)
    const size = sizes.map(({ at, size }) => [Math.min(seconds, at / 1000), size] as const)
    const level = p99Ms === undefined ? undefined : { name: `the goal for p99: ${p99Ms} ms`, y: p99Ms }
    return [
      {
        title: 'Requests a second',
        x,
        lines: [
          { name: 'arrived', points: perSecond(this.#arrived) },
          { name: 'without an answer', points: perSecond(this.#lost) },
        ],
      },
      {
        title: 'From the call to the answer, in milliseconds',
        x,
        level,
        lines: [
          { name: 'p50', points: latency(0.5) },
          { name: 'p99', points: latency(0.99) },
        ],
      },
      {
        title: 'Members',
        x,
        lines: [{ name: 'members', steps: true, points: [...size, [seconds, size.at(-1)?.[1] ?? 0]] }],
      },
    ]
  }
}

function percentile(values: number[], share: number): number | null {
  values.sort((a, b) => a - b)
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? null
}
