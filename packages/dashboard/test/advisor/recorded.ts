import { call, definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { readTrace, recordTrace, type Trace } from '@genpool/dashboard'
import { virtualClock } from '@genpool/runtime/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, stop } from 'nact'

/** Sends the requests of a trace to a pool that runs, while it is recorded. Returns what the recording has. */
export async function recorded(trace: Trace, options: PoolOptions): Promise<Trace> {
  const [system, clock] = [start(), virtualClock()]
  const folder = mkdtempSync(join(tmpdir(), 'genpool-simulate-'))
  const Work = definePool({
    calls: {
      request: async (msg: { ms: number }) => {
        await clock.wait(msg.ms)
        return reply('done')
      },
    },
  })
  try {
    const pool = spawnPool(system, Work, 'db', { timeout: trace.timeoutMs, ...options, clock })
    const recording = await recordTrace(pool, join(folder, 'trace.jsonl'), { clock })
    let at = 0
    for (const request of trace.requests) {
      await clock.advance(request.at - at)
      at = request.at
      void call(pool, { type: 'request', ms: request.ranMs }).catch(() => undefined)
    }
    await clock.advance(60_000)
    await recording.stop()
    return readTrace(join(folder, 'trace.jsonl'))
  } finally {
    stop(system)
    rmSync(folder, { recursive: true })
  }
}
