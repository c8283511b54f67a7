import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type DefaultTheme, type MarkdownRenderer } from 'vitepress'
import { slug } from './slug'

const docs = join(import.meta.dirname, '..')

/** The sidebar entry of a page. Without `text` it is the page's first heading. Empty if the page does not exist: no dead links. */
function page(link: string, text?: string): DefaultTheme.SidebarItem[] {
  const file = join(docs, `${link}.md`)
  if (!existsSync(file)) return []
  return [{ text: text ?? /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? link, link }]
}

/** Pages of a folder with the words that one looks for: a title says more than fits here. */
function pages(folder: string, titles: Readonly<Record<string, string>>): DefaultTheme.SidebarItem[] {
  return Object.entries(titles).flatMap(([name, text]) => page(`/${folder}/${name}`, text))
}
const guides = (titles: Readonly<Record<string, string>>): DefaultTheme.SidebarItem[] => pages('guide', titles)

const recipes = (...names: readonly string[]): DefaultTheme.SidebarItem[] =>
  names.flatMap((name) => page(`/recipes/${name}`))

const api: DefaultTheme.SidebarItem = { text: 'API', link: '/api/index.html', target: '_self' }

const learn = guides({ 'getting-started': 'Getting started', state: 'State' })
/** By what one wants to do. */
const tasks: DefaultTheme.SidebarItem[] = [
  {
    text: 'Requests',
    items: guides({
      deadlines: 'Timeouts and cancellation',
      order: 'What is ordered',
      'many-at-once': 'Lists and streams',
      life: 'The life of a member',
      supervision: 'Crashes and restarts',
      tests: 'Tests of your pools',
    }),
  },
  {
    text: 'Too much work',
    items: guides({
      dropped: 'Dropped requests',
      protection: 'Circuit breaker, throttle',
      concurrency: 'Concurrency limit',
      limits: 'Rate limit, fair tenants',
      elastic: 'Autoscaling',
    }),
  },
  {
    text: 'More cores and machines',
    items: guides({
      threads: 'Threads',
      machines: 'Machines (NATS)',
      'durable-casts': 'Durable casts',
      'state-on-machines': 'State on machines',
      workers: 'Your own workers',
    }),
  },
  {
    text: 'In production',
    items: guides({
      operating: 'Operations',
      observing: 'Observability',
      looking: 'Dashboard',
      numbers: 'Advise: the right numbers',
      repair: 'Repairing a journal',
    }),
  },
]
const comingFrom = [
  ...guides({ 'from-nact': 'nact actors' }),
  ...pages('coming-from', {
    'nact-routers': 'nact routers',
    'p-queue': 'p-queue, p-limit',
    bottleneck: 'bottleneck',
    'generic-pool': 'generic-pool',
    piscina: 'piscina',
    opossum: 'opossum, cockatiel',
    bullmq: 'BullMQ',
    'gen-pool': 'gen_pool (Elixir)',
    akka: 'Akka',
  }),
]
const understand = [
  ...guides({ ideas: 'The ideas', 'how-it-works': 'How it works', broker: 'Broker: queues, valves, meters' }),
  ...page('/performance'),
  ...page('/comparison', 'Comparison'),
]

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
      { text: 'Recipes', link: '/recipes/' },
      { text: 'Coming from', link: '/coming-from/p-queue' },
      { text: 'Errors', link: '/guide/errors' },
      { text: 'Options', link: '/reference/options' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      { text: 'Learn', items: learn },
      { text: 'Do', items: tasks },
      {
        text: 'Recipes',
        items: recipes(
          'index',
          'fastify',
          'express',
          'postgres',
          'outgoing-api',
          'tenants',
          'cache',
          'batched-writes',
          'rooms',
          'large-file',
          'cpu-threads',
          'job-queue',
        ),
      },
      { text: 'Coming from', collapsed: true, items: comingFrom },
      {
        text: 'Look up',
        items: [...guides({ errors: 'Errors' }), ...page('/reference/options'), ...page('/reference/requests'), api],
      },
      { text: 'Understand', items: understand },
    ],
  },
})
