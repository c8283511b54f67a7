import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

describe('examples/broker.ts', () => {
  it('shows two actors meet, a drop, and a change of the queue while requests wait', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['-r', './.ci/register.cjs', join('examples', 'broker.ts')],
      { cwd: join(__dirname, '..'), encoding: 'utf8' },
    )
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout).toContain('customer meets the waiter "Wes"')
    expect(stdout).toContain('"door" dropped a request after 0 ms (max, 2 waiting)')
    expect(stdout).toContain('client.type: drop -> codel')
    expect(stdout).toContain('Wes serves Bob, who came last, and then Ann.')
  })
})
