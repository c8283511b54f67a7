import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(__dirname, '../../../..')
const ITEMS = 1_000_000

/** How many bytes the heap has grown by at each tenth of the items, in a process of its own, which can force a garbage collection. */
function growth(): readonly number[] {
  const program = `
    const { defineTask, map, spawnPool } = require('./packages/core/src')
    const system = require('nact').start()
    const double = defineTask(async (n) => 2 * n)
    const pool = spawnPool(system, double, 'double', { size: 50 })
    function* items() { for (let n = 0; n < ${ITEMS}; n++) yield n }
    const main = async () => {
      const heap = []
      let taken = 0
      for await (const _ of map(pool, items())) if (++taken % ${ITEMS / 10} === 0) heap.push((gc(), process.memoryUsage().heapUsed))
      process.stdout.write(JSON.stringify(heap.map((bytes) => bytes - heap[0])), () => process.exit())
    }
    void main()`
  const args = ['--expose-gc', '-r', './.ci/register.cjs', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as number[]
}

describe('map over a million items', () => {
  it('takes no more memory at the end than at the begin: less than a byte for each item', () => {
    const grown = growth()
    expect(grown).toHaveLength(10)
    expect(Math.max(...grown)).toBeLessThan(ITEMS)
  })
})
