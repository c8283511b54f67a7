import { call, definePool, spawnPool } from '@genpool/core'
import { start } from 'nact'

const CALLS = 300_000
const collect = (globalThis as unknown as { gc: () => void }).gc

/** Prints the bytes of one waiting call. The message is the same for all, so it does not count. */
function main(): void {
  const Hanging = definePool({ init: () => 0, calls: { wait: () => new Promise<never>(() => undefined) } })
  const pool = spawnPool(start(), Hanging, 'hanging', { size: 1 })
  const message = { type: 'wait' } as const
  void call(pool, message)
  const promises = new Array<Promise<unknown>>(CALLS).fill(Promise.resolve())
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < CALLS; i++) promises[i] = call(pool, message)
  collect()
  const bytes = (process.memoryUsage().heapUsed - before) / CALLS
  process.stdout.write(String(Math.round(bytes)), () => process.exit(0))
}

main()
