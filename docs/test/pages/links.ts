import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { slug } from '../../.vitepress/slug'
import { headingsOf, localLinksOf } from './markdown'

/** Pages of the site that are generated when it is built. */
const generated = /^\/api\//

/** The markdown files of `folder` and its subfolders, relative to `root`, without generated files. */
export function markdownIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return /^(node_modules|dist|\.vitepress|public)$/.test(entry.name) ? [] : markdownIn(root, path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/**
 * The links of a markdown file that lead nowhere, one line each, starting with `file:line`.
 *
 * A link that starts with `/` is relative to the site, which is the folder `docs`. On the site, `.md` may be left out.
 */
export function brokenLinks(root: string, file: string): string[] {
  const markdown = readFileSync(join(root, file), 'utf8')
  return localLinksOf(markdown).flatMap(({ line, target, anchor }) => {
    if (generated.test(target)) return []
    const path = target === '' ? join(root, file) : find(root, file, target)
    if (path === undefined) return [`${file}:${line}: ${target} does not exist`]
    if (anchor === undefined || anchorsOf(path).includes(anchor) || isLineOf(path, anchor)) return []
    return [`${file}:${line}: ${target} has no heading #${anchor}`]
  })
}

function find(root: string, file: string, target: string): string | undefined {
  const site = join(root, 'docs')
  const onSite = !relative(site, join(root, file)).startsWith('..')
  const path = target.startsWith('/') ? join(site, target) : join(root, dirname(file), target)
  const candidates = onSite ? [path, `${path}.md`, join(site, 'public', target)] : [path]
  return candidates.find((candidate) => existsSync(candidate))
}

/** Whether an anchor names a line of a source file, as in `#L12`. */
function isLineOf(path: string, anchor: string): boolean {
  const line = path.endsWith('.ts') ? Number(/^L(\d+)$/.exec(anchor)?.[1] ?? NaN) : NaN
  return line >= 1 && line <= readFileSync(path, 'utf8').split('\n').length
}

function anchorsOf(path: string): string[] {
  return path.endsWith('.md') ? headingsOf(readFileSync(path, 'utf8')).map(slug) : []
}
