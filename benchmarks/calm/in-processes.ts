import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Comparison, Round } from '../measure'
import { all } from './child'

/**
 * Measures a comparison in its own processes.
 *
 * V8 optimises code by what it has seen: in one process, each comparison would change the speed of the next. One process
 * may also get faster code than another by chance, so several processes measure each comparison.
 */
export function inProcesses(comparison: Comparison): Round[] {
  const { processes = 3, rounds = 5 } = comparison
  return Array.from({ length: processes }, () => inProcess(all.indexOf(comparison), rounds)).flat()
}

function inProcess(index: number, rounds: number): Round[] {
  const script = [join(__dirname, 'child.js'), String(index), String(rounds)]
  const { stdout, stderr } = spawnSync(process.execPath, script, { encoding: 'utf8' })
  if (stdout === '') throw new Error(`the benchmark "${all[index]?.title ?? ''}" failed: ${stderr}`)
  return JSON.parse(stdout) as Round[]
}
