import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** What a page names in `href` and `src`, without anchors and queries. */
const LINK = /\s(?:href|src)="([^"#?]+)[^"]*"/g

/**
 * The links of a built site that lead nowhere, as `page: link`. Links with a scheme are not looked at.
 *
 * @param base where the site will be, as in DOCS_BASE
 */
export function deadLinks(folder: string, base = '/'): string[] {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
  return pages.flatMap((page) => {
    const links = [...readFileSync(join(folder, page), 'utf8').matchAll(LINK)].map(([, link = '']) => link)
    const dead = [...new Set(links)].filter((link) => !leads(folder, { page, link, base }))
    return dead.map((link) => `${page}: ${link}`)
  })
}

interface Place {
  readonly page: string
  readonly link: string
  readonly base: string
}

function leads(folder: string, { page, link, base }: Place): boolean {
  if (/^([a-z][a-z+.-]*:|\/\/)/i.test(link)) return true
  if (link.startsWith('/') && !link.startsWith(base)) return false
  const target = link.startsWith('/') ? relative(base, link) : join(dirname(page), link)
  const path = join(folder, decodeURI(target))
  if (!existsSync(path)) return false
  return statSync(path).isFile() || existsSync(join(path, 'index.html'))
}
