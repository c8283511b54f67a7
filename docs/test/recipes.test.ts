import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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

describe('the recipes', () => {
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
