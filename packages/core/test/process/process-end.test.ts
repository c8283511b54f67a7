import { spawn } from 'node:child_process'
import { join } from 'node:path'

const HOUR = 3_600_000
/** Far more than the compiler and the process need on a busy machine, and far less than the timers. */
const LIMIT = 200_000
const root = join(__dirname, '../../../..')

/** What a process with these pools prints until it ends by itself; rejects if it does not. */
const printed = (pools: readonly object[]): Promise<string> => run('idle.ts', JSON.stringify(pools))

function run(file: string, argument: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const program = ['-r', join(root, '.ci/register.cjs'), join(__dirname, file), argument]
    const child = spawn(process.execPath, program, { cwd: root })
    let output = ''
    const limit = setTimeout(() => {
      child.kill()
      reject(new Error(`the process was still there; it had printed: ${output}`))
    }, LIMIT)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()))
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(limit)
      resolve(output)
    })
  })
}

/** Each would set a timer of an hour that no caller waits for. */
const IDLE = [
  {},
  { size: { min: 0, max: 4, idle: HOUR } },
  { size: { min: 2, max: 4, idle: HOUR, valve: 'gradient' } },
  { recycle: { afterMs: HOUR } },
  { stuckAfter: HOUR },
  { alarm: { target: 1, interval: HOUR } },
  { breaker: { failures: 1, share: 0.01, wait: HOUR, maxWait: HOUR }, throttle: true },
  { broker: { client: { type: 'codel', interval: HOUR }, member: { type: 'timeout', timeout: HOUR } } },
  { broker: { member: { type: 'codel', target: 1, interval: HOUR } } },
  { rate: { limit: 10, interval: 100 }, broker: { member: { type: 'timeout', timeout: HOUR } } },
  // Its first call must run in this time, which a busy machine needs for all these pools, and the others wait for nothing.
  { rate: { limit: 1, interval: HOUR }, timeout: 2000 },
  { concurrency: 'gradient', broker: { admission: { type: 'pie' } } },
]

describe('a process', () => {
  it('ends when its pools have nothing left to do, whatever their options are', async () => {
    expect(await printed(IDLE)).toBe('done\n'.repeat(IDLE.length))
  })

  it('does not end while a caller waits', async () => {
    expect(await printed([{ concurrency: 0, timeout: 200 }])).toBe('ERR_GENPOOL_EXPIRED\n')
  })

  it.each([
    ['ready', /ERR_GENPOOL_STOPPED\nend\n$/],
    ['call', /ERR_GENPOOL_STOPPED\nend\n$/],
    ['nobody', /^end\n$/],
  ])('waits for an init that never answers only while somebody waits for the pool: %s', async (who, output) => {
    expect(await run('starting.ts', who)).toMatch(output)
  })
})
