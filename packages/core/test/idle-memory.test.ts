import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(__dirname, '../../..')
const POOLS = 1000

/** The bytes of one idle pool with each of these options, in a process of its own, which can force a garbage collection. */
function bytesOf(options: readonly object[]): readonly number[] {
  const program = `
    const { definePool, spawnPool } = require('./packages/core/src')
    const system = require('nact').start()
    const Trivial = definePool({ init: () => 0, calls: { ask: () => 1 } })
    const spawn = (options, count) => Array.from({ length: count }, () => spawnPool(system, Trivial, undefined, options))
    const turn = () => new Promise((resolve) => setTimeout(resolve))
    const heap = async () => (await turn(), gc(), process.memoryUsage().heapUsed)
    const bytesOf = async (options) => {
      const first = spawn(options, 100)
      const before = await heap()
      const pools = spawn(options, ${POOLS})
      return first.length > 0 && pools.length > 0 ? (await heap() - before) / ${POOLS} : 0
    }
    const main = async () => {
      const all = []
      for (const options of ${JSON.stringify(options)}) all.push(await bytesOf(options))
      process.stdout.write(JSON.stringify(all), () => process.exit())
    }
    void main()`
  const args = ['--expose-gc', '-r', './.ci/register.cjs', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as number[]
}

// Ten thousand pools, one per tenant or per device, must be a normal thing.
describe('an idle pool', () => {
  it('takes less than 5 KiB with one member, and less than 400 bytes for each further member', () => {
    const [one, own, many] = bytesOf([{ size: 1 }, { size: 1, state: 'isolated' }, { size: 17 }]) as [
      number,
      number,
      number,
    ]
    // Measured: 4.0 KiB, and 290 bytes.
    expect(one).toBeLessThan(5 * 1024)
    expect(own).toBeLessThan(6 * 1024)
    expect((many - one) / 16).toBeLessThan(400)
  })
})
