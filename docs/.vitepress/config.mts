import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type DefaultTheme, type MarkdownRenderer } from 'vitepress'
import { slug } from './slug'

const docs = join(import.meta.dirname, '..')

/** The sidebar entry of a page. Its text is the page's first heading. Empty if the page does not exist: no dead links. */
function page(link: string): DefaultTheme.SidebarItem[] {
  const file = join(docs, `${link}.md`)
  if (!existsSync(file)) return []
  const text = /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? link
  return [{ text, link }]
}

const guides = (...names: readonly string[]): DefaultTheme.SidebarItem[] =>
  names.flatMap((name) => page(`/guide/${name}`))

const api: DefaultTheme.SidebarItem = { text: 'API', link: '/api/index.html', target: '_self' }

/** Links into the source lead to `DOCS_SOURCE`, for example the repository on the web. Without it they are plain text on the site. */
function linkSource(md: MarkdownRenderer): void {
  const source = process.env['DOCS_SOURCE']
  md.core.ruler.push('link-source', ({ tokens }) => {
    for (const { children } of tokens) {
      let inside = false
      for (const token of children ?? []) {
        const href = String(token.attrGet('href') ?? '')
        if (token.type === 'link_open' && href.startsWith('../../packages/')) {
          if (source !== undefined) token.attrSet('href', href.replace('../..', source))
          else {
            Object.assign(token, { type: 'text', tag: '', nesting: 0, attrs: null, content: '' })
            inside = true
          }
        } else if (inside && token.type === 'link_close') {
          Object.assign(token, { type: 'text', tag: '', nesting: 0, content: '' })
          inside = false
        }
      }
    }
  })
}

export default defineConfig({
  title: 'GenPool',
  description:
    'Pooled actors for nact: a broker that drops what would come too late, and one state that loses no update.',
  base: process.env['DOCS_BASE'] ?? '/',
  lastUpdated: false,
  markdown: { anchor: { slugify: slug }, config: linkSource },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Errors', link: '/guide/errors' },
      { text: 'Options', link: '/reference/options' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      { text: 'Learn', items: guides('getting-started', 'state', 'from-nact') },
      {
        text: 'Do',
        items: guides(
          'deadlines',
          'many-at-once',
          'supervision',
          'dropped',
          'protection',
          'concurrency',
          'limits',
          'elastic',
          'looking',
          'numbers',
          'observing',
          'operating',
          'threads',
          'workers',
          'machines',
          'state-on-machines',
        ),
      },
      { text: 'Look up', items: [...guides('errors'), ...page('/reference/options'), api] },
      { text: 'Understand', items: [...guides('how-it-works', 'broker'), ...page('/performance')] },
    ],
  },
})
