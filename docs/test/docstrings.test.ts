import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Example, examplesIn, examplesOf, namesOf } from './pages/docstrings'
import { ELSEWHERE, GIVEN } from './pages/givens'
import { runProgram } from './pages/run'
import { typeFaults } from './pages/types'

const root = join(__dirname, '..', '..')
const packages = readdirSync(join(root, 'packages'))
/** What each package exports. */
const exported = new Map(packages.map((name) => [name, exportsOf(name)]))

function exportsOf(name: string): Set<string> {
  const index = readFileSync(join(root, 'packages', name, 'src', 'index.ts'), 'utf8')
  const lists = [...index.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(','))
  return new Set(
    lists.map(
      (entry) =>
        entry
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) ?? '',
    ),
  )
}

function moduleOf(name: string, home: string): string | undefined {
  if (Object.hasOwn(ELSEWHERE, name)) return ELSEWHERE[name]
  const found = ['core', home, ...packages].find((candidate) => exported.get(candidate)?.has(name))
  return found === undefined ? undefined : `@genpool/${found}`
}

interface Whole extends Example {
  /** With its imports and all that it takes for granted, on the lines before the first. */
  readonly program: string
  readonly runs: boolean
}

/** Not to be run: they listen on ports, need files, or ask other servers. */
const OUTSIDE = /port:|listen\(|\.jsonl|fileEngine|https:|import\.meta\.url|connect\(|describe\(/

function whole(example: Example): Whole {
  const home = example.file.split('/')[1] ?? ''
  const imports = new Map<string, string>()
  const given: string[] = []
  const seen = new Set<string>()
  const need = (code: string, own: ReadonlySet<string>): void => {
    for (const name of namesOf(code)) {
      if (seen.has(name) || own.has(name)) continue
      seen.add(name)
      const declaration = Object.hasOwn(GIVEN, name) ? GIVEN[name] : undefined
      if (declaration !== undefined) {
        need(declaration, own)
        given.push(declaration.replaceAll(/\s*\n\s*/g, ' '))
      } else {
        const module = moduleOf(name, home)
        if (module !== undefined) imports.set(name, module)
      }
    }
  }
  need(example.code, new Set())
  const header = [...[...imports].map(([name, module]) => `import { ${name} } from '${module}'`), ...given].join('; ')
  const runs = !OUTSIDE.test(example.code) && !given.some((declaration) => declaration.startsWith('declare'))
  return { ...example, program: `${header}; ${example.code}`, runs }
}

const examples = packages.flatMap((name) => examplesIn(root, join('packages', name, 'src'))).map(whole)

describe('the examples of docstrings', () => {
  it('are there, and most of them can run', () => {
    expect(examples.length).toBeGreaterThan(100)
    expect(examples.filter(({ runs }) => runs).length).toBeGreaterThan(examples.length / 2)
  })

  it('have correct types', () => {
    // fast-check has types of its own for ES modules, which these programs are.
    const checked = examples.filter(({ code }) => !code.includes("from 'fast-check'"))
    const pages = checked.map(({ file, line, program }) => ({ file, programs: [{ line, code: program }] }))
    const thumbnails =
      "import { definePool, reply } from '@genpool/core'\nexport default definePool({ calls: { make: () => reply(1) } })"
    const modules = new Map([[join(root, 'packages', 'threads', 'src', 'thumbnails.mts'), thumbnails]])
    expect(typeFaults(pages, modules)).toEqual([])
  })

  it.each(examples.filter(({ runs }) => runs))('$file:$line runs, and does what it says', async ({ line, program }) => {
    await expect(runProgram({ line, code: program }, require)).resolves.toBeGreaterThanOrEqual(0)
  })
})

describe('an example in a docstring', () => {
  const docstring = ['/**', ' * Adds.', ' *', ' * @example', ' * add(1, 2) // 3', ' *', ' * @see sub', ' */']

  it('ends at the next tag', () => {
    expect(examplesOf('a.ts', docstring.join('\n'))).toEqual([{ file: 'a.ts', line: 4, code: '\nadd(1, 2) // 3\n' }])
  })

  it('may stand on the line of its tag', () => {
    expect(examplesOf('a.ts', 'const a = 1\n/** @example add(1) */')).toEqual([
      { file: 'a.ts', line: 2, code: 'add(1)' },
    ])
  })

  it('takes for granted what it does not declare', () => {
    expect([...namesOf('const { a, b: c } = f(x.y, { k: z }); a + c')]).toEqual(['f', 'x', 'z'])
  })
})
