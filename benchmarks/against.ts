import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A commit that is checked out and built beside this one. */
export interface Checkout {
  /** Its short id. */
  readonly commit: string
  readonly root: string
}

const ROOT = resolve(__dirname, '..', '..')

/**
 * Checks a commit out into a temporary git worktree, installs what it needs, and builds it. The worktree is removed when
 * this process ends.
 *
 * @throws {Error} if there is no git, no repository or no such commit, or if it cannot be built; nothing is left behind
 */
export function checkOut(commit: string): Checkout {
  const id = idOf(commit)
  const parent = mkdtempSync(join(tmpdir(), 'genpool-against-'))
  const root = join(parent, 'worktree')
  process.once('exit', () => remove(parent, root))
  // Without a handler, these would end the process without its `exit`.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.stderr.write(`  building ${commit} (${id}) ...\n`)
  must(git('worktree', 'add', '--detach', '--force', root, id), `git cannot check "${commit}" out`)
  must(
    command(process.execPath, [join('.ci', 'setup.cjs')], root),
    `the dependencies of "${commit}" were not installed`,
  )
  must(command('npx', ['tsc', '-b', 'packages/core'], root), `"${commit}" cannot be built`)
  if (!existsSync(join(root, 'packages', 'state-ane', 'dist')))
    throw new Error(`"${commit}" has no packages/state-ane: it is too old to be compared with.`)
  return { commit: id, root }
}

function idOf(commit: string): string {
  const { error } = git('--version')
  if (error !== undefined) throw new Error(`--against "${commit}" needs git, which is not installed: ${error.message}`)
  if (git('rev-parse', '--git-dir').status !== 0)
    throw new Error(`--against "${commit}" needs a git repository, and ${ROOT} is none. Clone it with git.`)
  const { status, stdout } = git(
    'rev-parse',
    '--verify',
    '--quiet',
    '--short',
    '--end-of-options',
    `${commit}^{commit}`,
  )
  if (status === 0) return stdout.trim()
  const shallow = git('rev-parse', '--is-shallow-repository').stdout.trim() === 'true'
  throw new Error(
    `There is no commit "${commit}" in ${ROOT}. ` +
      (shallow ? 'The clone is shallow: run "git fetch --unshallow" first.' : 'Look for it with "git log --oneline".'),
  )
}

type Ended = ReturnType<typeof command>

function command(name: string, args: readonly string[], cwd: string) {
  return spawnSync(name, args, { cwd, encoding: 'utf8', shell: name === 'npx' && process.platform === 'win32' })
}

function git(...args: readonly string[]): Ended {
  return command('git', args, ROOT)
}

function must({ status, stdout, stderr, error }: Ended, otherwise: string): void {
  if (status !== 0) throw new Error(`${otherwise}:\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`)
}

function remove(parent: string, root: string): void {
  git('worktree', 'remove', '--force', root)
  rmSync(parent, { recursive: true, force: true })
}
