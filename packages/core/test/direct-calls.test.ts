import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(__dirname, '../../..')
const RUNS = process.env['GENPOOL_LAW_RUNS'] ?? '300'

describe('a call that is alone', () => {
  it('ends as it does on the general way, whatever its handler does', async () => {
    // Under Jest, each caller has an asynchronous context, and no call is run alone.
    const program = ['-r', join(root, '.ci/register.cjs'), join(__dirname, 'process/direct-calls.ts'), RUNS]
    const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root })
    expect(stdout).toBe(`the same, and more than ${RUNS} calls alone\n`)
  }, 200_000)
})
