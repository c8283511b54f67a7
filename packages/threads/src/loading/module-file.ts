import { OptionsError, sentence, showValue } from '@genpool/runtime'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The path of the module that `threads` was given.
 *
 * @throws {OptionsError} if it is no file URL and no absolute path, or there is no such file
 */
export function moduleFile(url: unknown): string {
  const file = pathOf(url)
  if (file === undefined) {
    throw wrong(
      `expected the URL of a file, as in new URL('./work.js', import.meta.url), or an absolute path, as in ` +
        `require.resolve('./work.js'), got ${showValue(url)}`,
    )
  }
  if (!existsSync(file)) throw wrong(`there is no file ${showValue(file)}. Is its ending right (.js, .mjs, .cjs, .ts)?`)
  return file
}

function pathOf(url: unknown): string | undefined {
  try {
    if (url instanceof URL || Object.prototype.toString.call(url) === '[object URL]') return fileURLToPath(url as URL)
    if (typeof url !== 'string') return undefined
    if (url.startsWith('file:')) return fileURLToPath(url)
    return isAbsolute(url) ? url : undefined
  } catch {
    return undefined
  }
}

function wrong(message: string): OptionsError {
  return new OptionsError(`threads: the argument "url" is wrong: ${sentence(message)}`, [{ path: ['url'], message }])
}
