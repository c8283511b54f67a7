import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupsIn } from './threads/files'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'genpool-threads-'))
  mkdirSync(join(root, 'inner'))
  writeFileSync(join(root, 'small.txt'), 'a'.repeat(1_000))
  writeFileSync(join(root, 'inner', 'large.txt'), 'b'.repeat(150_000))
  writeFileSync(join(root, 'inner', 'copy.txt'), 'a'.repeat(1_000))
  writeFileSync(join(root, 'empty.md'), '')
})
afterAll(() => rmSync(root, { recursive: true }))

function run(folder: string): { status: number | null; stdout: string } {
  const args = ['-r', './.ci/register.cjs', join('examples', 'threads.ts'), folder]
  return spawnSync(process.execPath, args, { cwd: join(__dirname, '..'), encoding: 'utf8', timeout: 100_000 })
}

describe('examples/threads.ts', () => {
  it('hashes and compresses a folder in this thread and in all, with the same totals', () => {
    const { status, stdout } = run(root)
    expect(stdout).toContain('4 files, hashed and compressed:\nin this thread: ')
    expect(stdout).toMatch(/in \d+ threads: \d+\.\d\d s/)
    expect(stdout).toMatch(/\.txt +3 files +149 kB -> +1 kB \(0 %\)/)
    expect(stdout).toMatch(/\.md +1 files +0 kB/)
    expect(stdout).toContain('1 of 4 files are copies of another one.\nThe totals of both agree.\n')
    expect(status).toBe(0)
  }, 110_000)

  it('begins with the largest file, and sends small ones together', () => {
    const [first, second, ...others] = groupsIn(root)
    expect(first).toEqual([join(root, 'inner', 'large.txt')])
    expect(second?.sort()).toEqual(['empty.md', 'inner/copy.txt', 'small.txt'].map((name) => join(root, name)))
    expect(others).toEqual([])
  })
})
