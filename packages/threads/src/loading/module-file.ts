import { OptionsError, sentence, showValue } from '@genpool/runtime'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The path of the module that `threads` was given. As in an import of TypeScript, `work.js` names `work.ts` where only that exists.
 *
 * @param canRead whether threads can read a module in TypeScript
 * @throws {OptionsError} if it is no file URL and no absolute path, or there is no such file
 */
export function moduleFile(url: unknown, canRead: (file: string) => boolean): string {
  const file = pathOf(url)
  if (file === undefined) {
    throw wrong(
      `expected the URL of a file, as in new URL('./work.js', import.meta.url), or an absolute path, as in ` +
        `require.resolve('./work.js'), got ${showValue(url)}`,
    )
  }
  if (existsSync(file)) return file
  const source = sourceOf(file)
  if (source === undefined) {
    throw wrong(`there is no file "${file}". Is its ending right (.js, .mjs, .cjs, .ts)?`)
  }
  if (canRead(source)) return source
  throw wrong(
    `there is no file "${file}", but there is "${source}", and nothing was found that reads TypeScript. ` +
      'Compile it, or install tsx, ts-node or @swc/core',
  )
}

/** The file in TypeScript that the path of a file in JavaScript stands for. */
function sourceOf(file: string): string | undefined {
  const [, stem, kind] = /^(.*)\.([cm]?)js$/.exec(file) ?? []
  if (stem === undefined) return undefined
  const endings = kind === '' ? ['.ts', '.tsx'] : [`.${kind}ts`]
  return endings.map((ending) => stem + ending).find((source) => existsSync(source))
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
