import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'guide', 'observing.md'), 'utf8')
const sources = readdirSync(join(root, 'packages')).flatMap((name) => {
  const folder = join(root, 'packages', name, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8'))
})
const code = sources.join('\n').replace(/Symbol(\.for)?\('genpool\.\w+'\)/g, '')

const found = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort()
/** The first two cells of each row that begins with a metric. */
const rows = [...page.matchAll(/^\| `(genpool\.[\w.]+)`\s*\| (counter|gauge|histogram)/gm)]

describe('the guide "Observability"', () => {
  it('lists each metric that the code makes, with its kind', () => {
    const makers = { counter: 'counter', gauge: 'gauge', duration: 'histogram' } as const
    const made = [...code.matchAll(/\b(counter|gauge|duration)\(\s*'(genpool\.[\w.]+)'/g)].map(
      ([, maker, name]) => `${name} ${makers[maker as keyof typeof makers]}`,
    )
    expect(made.length).toBeGreaterThan(25)
    expect(rows.map(([, name, kind]) => `${name} ${kind}`).sort()).toEqual(made.sort())
  })

  it('names each attribute of spans and metrics, and none that the code does not set', () => {
    expect(found(page, /`(genpool\.[\w.]+)`/g)).toEqual(found(code, /'(genpool\.[\w.]+)'/g))
  })

  it('names each event that the code tells, and no other', () => {
    expect(found(page, /`(genpool:[\w:-]+)`/g)).toEqual(found(code, /'(genpool:[\w:-]+)'/g))
  })

  it('names each span', () => {
    const spans = found(code, /(?:startSpan|#open)\(`(\w+) /g)
    expect(spans).toEqual(['commit', 'handle'])
    for (const span of [...spans, 'call']) expect(page).toContain(`| \`${span}\``)
  })
})
