import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { typeFaults } from './pages/types'

const root = join(__dirname, '..', '..')
const folder = join(root, 'docs', 'recipes')
const pages = readdirSync(folder).filter((file) => file !== 'index.md')

/** The parts of files that a page includes: `<<< ../../examples/recipes/cache.ts#pool`. */
function includesOf(page: string): { file: string; region: string | undefined }[] {
  const text = readFileSync(join(folder, page), 'utf8')
  return [...text.matchAll(/^<<< (\S+?)(?:#(\S+))?$/gm)].map(([, path = '', region]) => ({
    file: join(folder, path),
    region,
  }))
}

/** What the blocks of a page take for granted: the page says what it is. */
const given: Readonly<Record<string, string>> = {
  'postgres.md':
    'declare const database: { url: string; cutOne(): void; connections(): number; close(): Promise<void> }',
  'batched-writes.md': 'declare const database: { url: string; close(): Promise<void> }',
  'outgoing-api.md':
    'declare const api: { origin: string; break(): void; mend(): void; refused(): number; failed(): number }',
  'job-queue.md': 'declare const nats: { url: string; close(): Promise<void> }',
  'large-file.md': 'declare const file: string, to: string',
}

/** The blocks of a page, one below the other. */
function codeOf(page: string): string {
  const blocks = includesOf(page).map(({ file, region }) => {
    const code = readFileSync(file, 'utf8')
    if (region === undefined) return ''
    return code.slice(code.indexOf(`// #region ${region}\n`), code.indexOf(`// #endregion ${region}\n`))
  })
  return [given[page] ?? '', ...blocks].join('\n')
}

describe('the recipes', () => {
  it('are programs with correct types when their blocks are put together', () => {
    // The work of threads is a module of its own, which would have to be an ES module, too.
    const programs = pages
      .filter((page) => page !== 'cpu-threads.md')
      .map((page) => ({
        file: join('examples', 'recipes', page),
        programs: [{ line: 1, code: codeOf(page) }],
      }))
    expect(typeFaults(programs)).toEqual([])
  })

  it.each(pages)('%s includes code that is there', (page) => {
    const includes = includesOf(page)
    expect(includes.length).toBeGreaterThan(0)
    for (const { file, region } of includes) {
      expect([file, existsSync(file)]).toEqual([file, true])
      const lines = readFileSync(file, 'utf8').split('\n')
      if (region === undefined) continue
      const begin = lines.findIndex((line) => line.trim() === `// #region ${region}`)
      const end = lines.findIndex((line) => line.trim() === `// #endregion ${region}`)
      expect([file, region, begin >= 0 && end > begin]).toEqual([file, region, true])
    }
  })

  it('each have a page, a place in the side bar and in the list', () => {
    const examples = readdirSync(join(root, 'examples', 'recipes'))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.replace('.ts', ''))
    expect(pages.map((page) => page.replace('.md', '')).sort()).toEqual(examples.sort())
    const list = readFileSync(join(folder, 'index.md'), 'utf8')
    const sidebar = readFileSync(join(root, 'docs', '.vitepress', 'config.mts'), 'utf8')
    expect(examples.filter((name) => !list.includes(`(./${name}.md)`))).toEqual([])
    expect(examples.filter((name) => !sidebar.includes(`'${name}'`))).toEqual([])
  })
})
