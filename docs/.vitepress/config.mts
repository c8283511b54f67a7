import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type DefaultTheme } from 'vitepress'
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

export default defineConfig({
  title: 'GenPool',
  description:
    'Pooled actors for nact: a broker that drops what would come too late, and one state that loses no update.',
  base: process.env['DOCS_BASE'] ?? '/',
  lastUpdated: false,
  markdown: { anchor: { slugify: slug } },
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
          'supervision',
          'dropped',
          'protection',
          'concurrency',
          'elastic',
          'observing',
          'operating',
        ),
      },
      { text: 'Look up', items: [...guides('errors'), ...page('/reference/options'), api] },
      { text: 'Understand', items: [...guides('how-it-works', 'broker'), ...page('/performance')] },
    ],
  },
})
