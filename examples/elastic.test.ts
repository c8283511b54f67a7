import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

describe('examples/elastic.ts', () => {
  it('draws a burst and the size that follows it, and closes every connection', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['-r', './.ci/register.cjs', join('examples', 'elastic.ts')],
      { cwd: join(__dirname, '..'), encoding: 'utf8' },
    )
    expect([stderr, status]).toEqual(['', 0])
    const moments = stdout.split('\n').filter((line) => /^ +\d\.\d s /.test(line))
    const sizeOf = (line: string): number => (line.slice(32).match(/[#.]/g) ?? []).length
    const sizes = moments.map(sizeOf)
    expect(sizeOf(moments[0]!)).toBe(1)
    expect(Math.max(...sizes)).toBeGreaterThan(sizes[5]!)
    expect(sizes.at(-1)).toBeLessThan(Math.max(...sizes))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20)
    expect(stdout).toMatch(/\d+ requests were answered/)
    expect(stdout).toContain(', 0 are still open.')
  })
})
