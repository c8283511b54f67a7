import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Row } from '../measure'

/** Measures the memory of one waiting call: the promise, the request, its place in the queue and in the timing wheel. */
export function bytesPerWaitingCall(): Row {
  // In its own process, which can force a garbage collection.
  const script = join(__dirname, 'memory-child.js')
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', script], { encoding: 'utf8' })
  const bytes = Number(stdout)
  if (!Number.isFinite(bytes) || stdout === '') throw new Error(`the memory benchmark failed: ${stderr}`)
  return {
    title: 'memory of one waiting call, all included',
    value: bytes,
    unit: 'B',
    atLeast: 400,
    aim: 250,
    better: 'less',
    detail: '300 000 calls waiting for one member',
  }
}
