import { definePool, reply } from '@genpool/core'
import compress from './compress'
import { add, noFiles, type Tally } from './tally'

/** Compresses files, and adds them to the tally: with `state: 'shared'`, all threads have one. The answer: how many files it has. */
export default definePool({
  init: (): Tally => noFiles(),
  calls: {
    compress: ({ files }: { readonly files: readonly string[] }) => {
      const compressed = files.map(compress)
      return reply(
        (tally: Tally) => tally.files,
        (tally) => {
          for (const each of compressed) add(tally, each)
        },
      )
    },
  },
})
