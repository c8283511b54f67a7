import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Row } from '../measure'
import type { Found } from './found'
import { rowsOf } from './rows'

/**
 * Kills the threads of a pool for so many minutes, in all ways, at loads from low to more than it can serve. In a process of its own.
 * Every call must get one outcome, which is true, no thread may be left, and the memory must not grow.
 */
export async function chaos(minutes: number): Promise<{ readonly found: Found; readonly rows: readonly Row[] }> {
  const args = ['--expose-gc', join(__dirname, 'child.js'), String(minutes)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const printed = await text(child.stdout)
  const [code, signal] = await exited
  if (code !== 0) throw new Error(`the process whose threads were killed has ended: ${signal ?? `code ${code}`}`)
  const found = JSON.parse(printed) as Found
  return { found, rows: rowsOf(found) }
}
