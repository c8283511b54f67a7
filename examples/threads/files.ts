import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A message for small files takes as many as have this size together: each of them alone is done faster than its message crosses. */
const GROUP_BYTES = 128 * 1024

/**
 * All files in a folder and below it, in groups: one message for each. The largest come first: a large one that comes last would
 * keep one thread busy alone.
 */
export function groupsIn(folder: string): string[][] {
  const groups: string[][] = []
  let room = 0
  for (const { file, bytes } of filesIn(folder)) {
    if (bytes > room) {
      groups.push([])
      room = GROUP_BYTES
    }
    groups.at(-1)?.push(file)
    room -= bytes
  }
  return groups
}

function filesIn(folder: string): { readonly file: string; readonly bytes: number }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ file, bytes: statSync(file).size }))
    .sort((a, b) => b.bytes - a.bytes)
}
