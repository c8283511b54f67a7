import { bytesOf } from '../heap'
import { contents } from './contents'

/** Prints the bytes of each of `n`: `node --expose-gc memory-child.js <index> <n>`. */
async function main([index, size]: readonly string[]): Promise<void> {
  const { make } = contents[Number(index)]!
  const n = Number(size)
  // Loads all code that is needed, so that it does not count.
  await bytesOf(() => make(10))
  const bytes = (await bytesOf(() => make(n))) / n
  process.stdout.write(String(bytes), () => process.exit(0))
}

void main(process.argv.slice(2))
