import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { command, type Outcome, root, sequence, tool } from './steps'

/** The published packages, by folder. */
const folders = readdirSync(join(root, 'packages'))

/** Runs the pnpm that package.json names. */
function pnpm(...args: string[]): Promise<Outcome> {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string }
  return command('npx', ['--yes', packageManager, ...args])
}

/** Builds the packages from scratch, so that the output of a deleted file is not published. */
function build(): Promise<Outcome> {
  for (const folder of folders) rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true })
  return tool('tsc', '-b', 'packages/nats')
}

/** Builds and packs every package into `destination`, as `pnpm publish` would. */
export function pack(destination: string): Promise<Outcome> {
  return sequence(build, () => pnpm('-r', '--filter', './packages/*', 'pack', '--pack-destination', destination))
}

/** The tarballs in `folder`, with their full paths. */
export function tarballsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name))
}

/** Checks each tarball with publint and arethetypeswrong: can package managers, Node and TypeScript use it? */
export async function lintTarballs(folder: string): Promise<Outcome> {
  const tarballs = tarballsIn(folder)
  if (tarballs.length !== folders.length) {
    return { ok: false, output: `There are ${tarballs.length} tarballs for ${folders.length} packages.\n` }
  }
  return sequence(
    ...tarballs.flatMap((tarball) => [
      () => tool('publint', '--strict', tarball),
      () => tool('attw', '--format', 'ascii', tarball),
    ]),
  )
}
