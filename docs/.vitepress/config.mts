import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type DefaultTheme } from 'vitepress'
import { slug } from './slug'

const docs = join(import.meta.dirname, '..')

/** A page by its path, titled by its own first heading; none if it does not exist, so that no link leads nowhere. */
function page(link: string): DefaultTheme.SidebarItem[] {
  const file = join(docs, `${link}.md`)
  if (!existsSync(file)) return []
  const text = /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? link
  return [{ text, link }]
}

export default defineConfig({
  title: 'GenPool',
  description: 'Pooled actors for nact: a broker that sheds load, and a central state that stays atomic.',
  base: process.env['DOCS_BASE'] ?? '/',
  lastUpdated: false,
  markdown: { anchor: { slugify: slug } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/getting-started' },
      { text: 'Options', link: '/reference/options' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Begin',
        items: ['getting-started', 'how-it-works', 'from-nact'].flatMap((name) => page(`/guide/${name}`)),
      },
      {
        text: 'Run it',
        items: [
          'dropped',
          'errors',
          'operating',
          'observing',
          'protection',
          'elastic',
          'concurrency',
          'supervision',
          'deadlines',
          'broker',
          'state',
        ].flatMap((name) => page(`/guide/${name}`)),
      },
      {
        text: 'Look up',
        items: [
          ...page('/reference/options'),
          ...page('/performance'),
          { text: 'API', link: '/api/index.html', target: '_self' },
        ],
      },
    ],
  },
})
