import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Job } from './child'

/**
 * Does a job in a process of its own.
 *
 * V8 optimises code by what it has seen: in one process, each row would change the next. And by chance one process may get
 * faster code than another, so measure each job in several.
 */
export function inProcess<T>(job: Job): T {
  const args = ['--expose-gc', '--max-old-space-size=6000', join(__dirname, 'child.js'), JSON.stringify(job)]
  const { stdout, status, signal, error } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0 || stdout === '')
    throw new Error(`the benchmark ${JSON.stringify(job)} ended with ${signal ?? status}${error ? `: ${error}` : ''}`)
  return JSON.parse(stdout) as T
}
