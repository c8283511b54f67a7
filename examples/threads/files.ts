import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** All files in a folder and below it. The largest come first: a large one that comes last would keep one thread busy alone. */
export function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ file, bytes: statSync(file).size }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ file }) => file)
}
