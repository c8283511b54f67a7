import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RecipeProcess } from '../../examples/recipes/support/processes'
import { prepare } from './pages/expectations'
import { typeFaults } from './pages/types'

const root = join(__dirname, '..', '..')
const folder = join(root, 'docs', 'recipes')
const pages = readdirSync(folder).filter((file) => file !== 'index.md')

/** A block of a page: code that the page includes (`<<< ../../examples/recipes/cache.ts#pool`), or that it contains (`mts`). */
interface Block {
  readonly file?: string
  readonly region?: string | undefined
  readonly code?: string
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(folder, page), 'utf8')
  return [...text.matchAll(/^<<< (\S+?)(?:#(\S+))?$|^```mts\n([^]*?)^```$/gm)].map(([, path, region, code]) =>
    path === undefined ? { code: code ?? '' } : { file: join(folder, path), region },
  )
}
const includesOf = (page: string) => blocksOf(page).filter((block) => block.file !== undefined) as Required<Block>[]

/** The blocks of a page, one below the other. A whole file is a module of its own. */
function codeOf(page: string): string {
  const blocks = blocksOf(page).map(({ file, region, code = '' }) => {
    if (file === undefined || region === undefined) return code
    const text = readFileSync(file, 'utf8')
    return text.slice(text.indexOf(`// #region ${region}\n`), text.indexOf(`// #endregion ${region}\n`))
  })
  return blocks.join('\n')
}

/** The packages that a program imports. */
const importedBy = (code: string): string[] =>
  [...code.matchAll(/^(?:import|\}) .*from '((?!node:|\.)(?:@[^/']+\/)?[^/']+)/gm)].map(([, name = '']) => name)

/** What a page says that is printed. */
const printedIn = (page: string): string =>
  [...readFileSync(join(folder, page), 'utf8').matchAll(/^```text\n([^]*?)^```$/gm)].map(([, text]) => text).join('')
/** Figures differ from run to run. */
const linesOf = (text: string): string[] =>
  text
    .trim()
    .replace(/\d+(\.\d+)?/g, '#')
    .split('\n')

/** Saves the blocks of a page as one program, and what it loads as files beside it. Returns its path. */
function saved(page: string): string {
  const target = mkdtempSync(join(saving, 'recipe-'))
  for (const { file, region } of includesOf(page)) {
    if (region !== undefined) continue
    const beside = join(target, relative(join(root, 'examples', 'recipes'), file))
    mkdirSync(dirname(beside), { recursive: true })
    copyFileSync(file, beside)
  }
  const url = JSON.stringify(pathToFileURL(join(target, 'recipe.ts')).href)
  const { javascript } = prepare(codeOf(page).replaceAll('thumbnail.mts', 'thumbnail.ts'))
  const program = `${javascript.replaceAll('import.meta.url', url)}\nvoid exports.run()\n`
  writeFileSync(join(target, 'recipe.ts'), program)
  return join(target, 'recipe.ts')
}

/** Inside the repository, so that programs find what is installed. */
const saving = join(root, 'node_modules', '.cache', 'genpool-recipes')

describe('the recipes', () => {
  beforeAll(() => mkdirSync(saving, { recursive: true }))
  afterAll(() => rmSync(saving, { recursive: true, force: true }))

  it('are programs with correct types when their blocks are put together', () => {
    // The page says to save it as an ES module.
    const thumbnail = join(root, 'examples', 'recipes', 'threads', 'thumbnail')
    const modules = new Map([[`${thumbnail}.mts`, readFileSync(`${thumbnail}.ts`, 'utf8')]])
    const programs = pages.map((page) => ({
      file: join('examples', 'recipes', page),
      programs: [{ line: 1, code: codeOf(page) }],
    }))
    expect(typeFaults(programs, modules)).toEqual([])
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

  it.each(pages)('%s names what to install', (page) => {
    const line = /^npm install (.+)$/m.exec(readFileSync(join(folder, page), 'utf8'))?.[1] ?? ''
    const installed = line.split(' ').map((name) => name.replace(/(?<=.)@\d+$/, ''))
    expect(installed.sort()).toEqual([...new Set(importedBy(codeOf(page)))].sort())
  })

  // So that what examples/recipes/recipes.test.ts runs is what the page shows; the types say whether anything is missing.
  it.each(pages)('%s shows all of its example', (page) => {
    const example = join(root, 'examples', 'recipes', page.replace('.md', '.ts'))
    const regions = [...readFileSync(example, 'utf8').matchAll(/^ *\/\/ #region (\S+)$/gm)].map(([, name]) => name)
    const shown = includesOf(page).flatMap(({ file, region }) => (file === example ? [region] : []))
    expect(regions.length).toBeGreaterThan(0)
    expect([...shown].sort()).toEqual([...regions].sort())
  })

  const withOwnCode = pages.filter((page) => blocksOf(page).some(({ region }) => region === undefined))
  it.each(withOwnCode)('%s, which has code of its own, prints what it says as one file', async (page) => {
    const { stdout, stderr, status } = await new RecipeProcess(saved(page)).ended()
    expect({ stderr: stderr.replace(/^left out .*\n/m, ''), status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).not.toBe('')
    expect(linesOf(printedIn(page))).toEqual(expect.arrayContaining(linesOf(stdout)))
  })

  it('each have a page, a place in the side bar and in the list, and are linked from the home page and the guide', () => {
    const examples = readdirSync(join(root, 'examples', 'recipes'))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.replace('.ts', ''))
    expect(pages.map((page) => page.replace('.md', '')).sort()).toEqual(examples.sort())
    const list = readFileSync(join(folder, 'index.md'), 'utf8')
    const guide = readdirSync(join(root, 'docs', 'guide'))
      .map((file) => readFileSync(join(root, 'docs', 'guide', file), 'utf8'))
      .join('')
    const home = readFileSync(join(root, 'docs', 'index.md'), 'utf8')
    const sidebar = readFileSync(join(root, 'docs', '.vitepress', 'config.mts'), 'utf8')
    expect(examples.filter((name) => !list.includes(`(./${name}.md)`))).toEqual([])
    expect(examples.filter((name) => !home.includes(`(./recipes/${name}.md)`))).toEqual([])
    expect(examples.filter((name) => !guide.includes(`(../recipes/${name}.md)`))).toEqual([])
    expect(examples.filter((name) => !sidebar.includes(`'${name}'`))).toEqual([])
  })
})
