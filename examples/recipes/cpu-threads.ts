/*
 * Work that computes, in threads: the event loop stays free for everything else, and all cores work.
 *
 *     node -r ts-node/register examples/recipes/cpu-threads.ts
 */
// #region imports
import { call, drain, isGenPoolError, map, ready, spawnPool } from '@genpool/core'
import { threads, transfer } from '@genpool/threads'
import { start, stop } from 'nact'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
// #endregion imports
import thumbnail, { type Picture } from './threads/thumbnail'

// Each thread loads the module by its name.
const behaviour = threads<typeof thumbnail>(require.resolve('./threads/thumbnail'))

// #region pool
const spawnThumbnails = (system: ReturnType<typeof start>) =>
  spawnPool(system, behaviour, 'thumbnails', {
    size: availableParallelism(), // one for each core; one less if this thread has much to do
    timeout: 10_000,
    broker: { client: { max: 200 } }, // each waiting picture is memory
    stuckAfter: 5_000, // a picture that never ends costs one thread, and a new one starts
  })
// #endregion pool

// #region measure
/** A picture of 1600 × 1200, which stands for a file that was read. */
function makePicture(n: number): Picture {
  const [width, height] = [1600, 1200]
  const pixels = new Uint8Array(4 * width * height)
  for (let at = 0; at < pixels.length; at += 97) pixels[at] = at + n
  return { width, height, pixels }
}
const COUNT = 24
const sumOf = ({ pixels }: Picture): number => pixels.reduce((sum, value) => sum + value, 0)

/** Says how long the work took, and how long everything else had to wait meanwhile. */
async function measured(what: string, work: () => Promise<number>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const begun = performance.now()
  const sum = await work()
  const ms = Math.round(performance.now() - begun)
  delay.disable()
  console.log(
    `${what}: ${COUNT} pictures in ${ms} ms, everything else waited for up to ${Math.round(delay.max / 1e6)} ms`,
  )
  return sum
}
// #endregion measure

async function main(): Promise<void> {
  // #region use
  const system = start()
  const pool = spawnThumbnails(system)
  await ready(pool)
  const small = await call(pool, { picture: makePicture(0), by: 8 }) // copied to the thread
  console.log(`one picture: ${small.width} × ${small.height}`)

  const here = await measured('in this thread', async () => {
    let sum = 0
    for (let n = 0; n < COUNT; n++) {
      sum += sumOf(thumbnail({ picture: makePicture(n), by: 8 }))
      await new Promise(setImmediate)
    }
    return sum
  })
  // #endregion use

  // #region many
  function* tasks() {
    for (let n = 0; n < COUNT; n++) {
      const picture = makePicture(n)
      // Moved, not copied: it is empty here from now on.
      yield transfer({ picture, by: 8 }, [picture.pixels.buffer as ArrayBuffer])
    }
  }
  const there = await measured('in threads', async () => {
    let sum = 0
    for await (const one of map(pool, tasks(), { ordered: false })) sum += sumOf(one)
    return sum
  })
  console.log(here === there ? 'The pictures are the same.' : 'The pictures DIFFER.')

  const wrong = await call(pool, { picture: null as never, by: 8 }).catch((error: unknown) => error)
  if (isGenPoolError(wrong, 'ERR_GENPOOL_CRASHED'))
    console.log(`a picture that is none: ${String(wrong.cause)}`)
  await drain(pool, { within: 5_000 })
  stop(system)
  // #endregion many
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
