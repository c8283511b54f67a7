import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CI = join(__dirname, '..')

describe('a test file that never ends', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'genpool-hanging-'))
    const config = {
      setupFilesAfterEnv: [join(CI, 'file-limit-worker.cjs')],
      reporters: ['default', join(CI, 'file-limit.cjs')],
      maxWorkers: 2,
    }
    const test = (name: string, code: string): void => writeFileSync(join(folder, `${name}.test.js`), code)
    writeFileSync(join(folder, 'jest.config.json'), JSON.stringify(config))
    test('loop', `it('begins', () => {}); it('turns', function turning() { for (;;) Math.random() })`)
    test('child', `it('waits', () => void require('node:child_process').spawnSync('sleep', ['1000']))`)
    test('good', `it('passes', () => {})`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is named and ended, with what it was doing; the others are run', () => {
    const jest = [require.resolve('jest/bin/jest'), '--rootDir', folder, '--config', join(folder, 'jest.config.json')]
    const { stderr, status } = spawnSync(process.execPath, jest, {
      env: { ...process.env, GENPOOL_FILE_LIMIT_MS: '3000' },
      encoding: 'utf8',
      timeout: 120_000,
    })
    expect(stderr).toMatch(/HANGS .*loop\.test\.js: not done after 3 s; 1 tests ended, the last: "begins"\./)
    expect(stderr).toMatch(/turning .*loop\.test\.js:\d+/)
    expect(stderr).toMatch(/HANGS .*child\.test\.js.*none of its tests ended/)
    expect(stderr).toMatch(/sleep 1000/)
    expect(stderr).toContain('2 failed, 1 passed, 3 total')
    expect(status).toBe(1)
  })
})
