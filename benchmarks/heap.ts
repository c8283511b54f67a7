import { collect } from './measure'

/** What is measured must stay alive; otherwise V8 may collect it too early. */
const held: unknown[] = []

/** Keeps what is measured alive. */
export function hold(value: unknown): void {
  held[0] = value
}

/** The bytes that stay after `make`, in the heap and in buffers. */
export async function bytesOf(make: () => unknown): Promise<number> {
  held.length = 0
  await settled()
  const before = used()
  held[0] = await make()
  await settled()
  return used() - before
}

/** Buffers of typed arrays are not in the heap. */
function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Lets what has been started come to rest, and collects its garbage. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  collect()
}
