/*
 * Hashes and compresses every file of a folder: once in this thread, then in a pool with a thread for each core, whose threads
 * share one tally. Both totals must agree.
 *
 *     node -r ts-node/register examples/threads.ts             takes the files of the package "typescript"
 *     node -r ts-node/register examples/threads.ts <folder>    takes the files in a folder and below it
 */
import { getState, inspect, map, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { Presets, SingleBar } from 'cli-progress'
import { start, stop } from 'nact'
import { realpathSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import compress from './threads/compress'
import type compressors from './threads/compressors'
import { groupsIn } from './threads/files'
import { add, areEqual, linesOf, noFiles, type Tally } from './threads/tally'

function inThisThread(files: readonly string[]): Tally {
  const tally = noFiles()
  for (const file of files) add(tally, compress(file))
  return tally
}

async function inAllThreads(
  groups: readonly (readonly string[])[],
  size: number,
): Promise<{ tally: Tally; seconds: number }> {
  const system = start()
  const behaviour = threads<typeof compressors>(require.resolve('./threads/compressors'))
  const pool = spawnPool(system, behaviour, 'compressors', { size, state: 'shared' })
  const bar = new SingleBar({ format: '{bar} {value} of {total} files', clearOnComplete: true }, Presets.shades_classic)
  try {
    // Threads that are still starting up would take cores from those that work.
    while (inspect(pool).members.idle < size) await wait(10)
    bar.start(groups.flat().length, 0)
    const messages = groups.map((files) => ({ type: 'compress' as const, files }))
    const begun = performance.now()
    for await (const done of map(pool, messages, { inFlight: 4 * size, ordered: false, timeout: 60_000 }))
      bar.update(done)
    return { tally: getState(pool), seconds: (performance.now() - begun) / 1000 }
  } finally {
    bar.stop()
    stop(system)
  }
}

async function main(folder: string): Promise<boolean> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    console.error(`There is no folder "${folder}".`)
    return false
  }
  const groups = groupsIn(realpathSync(folder))
  const files = groups.flat()
  const size = availableParallelism()
  console.log(`${files.length} files, hashed and compressed:`)

  const begun = performance.now()
  const expected = inThisThread(files)
  const alone = (performance.now() - begun) / 1000
  console.log(`in this thread: ${alone.toFixed(2)} s`)

  const { tally, seconds } = await inAllThreads(groups, size)
  console.log(`in ${size} threads: ${seconds.toFixed(2)} s, ${(alone / seconds).toFixed(1)} times as fast`)

  for (const line of linesOf(tally)) console.log(line)
  const agree = areEqual(tally, expected)
  console.log(agree ? 'The totals of both agree.' : 'The totals DIFFER.')
  return agree
}

main(process.argv[2] ?? dirname(require.resolve('typescript/package.json'))).then(
  (ok) => {
    process.exitCode = ok ? 0 : 1
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
