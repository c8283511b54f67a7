import { type Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'

/**
 * The installed packages in and below `folder`, in no particular order.
 *
 * A package is a real folder in a `node_modules` (or in a scope there) that has a package.json. So a manifest among the
 * test files of a package does not count. Links are never followed: each package is found once, in its real place, and
 * loops of links do no harm. pnpm's store `node_modules/.pnpm` is searched, too.
 */
export async function packagesIn(folder: string): Promise<string[]> {
  return basename(folder) === 'node_modules' ? installedIn(folder) : within(folder)
}

/** Searches any folder for `node_modules`. */
async function within(folder: string): Promise<string[]> {
  const inner = await foldersIn(folder)
  return flatten(
    inner.map((name) => {
      const path = join(folder, name)
      if (name === 'node_modules') return installedIn(path)
      return name.startsWith('.') ? [] : within(path)
    }),
  )
}

/** Searches a `node_modules`. */
async function installedIn(modules: string): Promise<string[]> {
  const inner = await foldersIn(modules)
  return flatten(
    inner.map((name) => {
      const path = join(modules, name)
      if (name === '.pnpm') return storedIn(path)
      if (name.startsWith('.')) return []
      return name.startsWith('@') ? scopedIn(path) : packageAt(path)
    }),
  )
}

async function storedIn(store: string): Promise<string[]> {
  const inner = await foldersIn(store)
  return flatten(inner.map((name) => installedIn(join(store, name, 'node_modules'))))
}

async function scopedIn(scope: string): Promise<string[]> {
  const inner = await foldersIn(scope)
  return flatten(inner.map((name) => packageAt(join(scope, name))))
}

/** A package, and the packages in its own `node_modules`. */
async function packageAt(path: string): Promise<string[]> {
  const entries = await entriesOf(path)
  const own = entries.some((entry) => entry.name === 'package.json' && entry.isFile()) ? [path] : []
  const nested = entries.some((entry) => entry.name === 'node_modules' && entry.isDirectory())
  return nested ? [...own, ...(await installedIn(join(path, 'node_modules')))] : own
}

/** Counts the files of a package, without the packages inside it. */
export async function countFiles(folder: string): Promise<number> {
  const entries = await entriesOf(folder)
  let files = 0
  for (const entry of entries) {
    if (entry.isFile()) files++
    else if (entry.isDirectory() && entry.name !== 'node_modules') files += await countFiles(join(folder, entry.name))
  }
  return files
}

/** The names of the real folders in `folder`: no files, no links. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder)
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

/** A folder that cannot be read, or was just deleted, counts as empty. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

async function flatten(lists: (string[] | Promise<string[]>)[]): Promise<string[]> {
  return (await Promise.all(lists)).flat()
}
