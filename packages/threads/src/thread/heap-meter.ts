import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import { getHeapStatistics } from 'node:v8'

/** How often the heap is measured at most. */
const MEASURE_AFTER = 20 * NS_PER_MS

/** Shows the owner how large the heap of this thread is. */
export class HeapMeter {
  #measuredAt = -Infinity

  constructor(private readonly words: { heapBytes: number }) {}

  measure(now: Nanos): void {
    if (now - this.#measuredAt < MEASURE_AFTER) return
    this.#measuredAt = now
    this.words.heapBytes = getHeapStatistics().used_heap_size
  }
}
