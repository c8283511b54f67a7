import { literal, prepare } from './pages/expectations'
import { filesOf, headingsOf, localLinksOf, programsOf } from './pages/markdown'
import { runProgram } from './pages/run'
import { typeFaults } from './pages/types'

const page = (...blocks: string[]): string => blocks.map((code) => `Words.\n\n\`\`\`ts\n${code}\n\`\`\`\n`).join('\n')
const only = (code: string) => ({ line: 1, code })
const run = (code: string) => runProgram(only(code), require)

describe('programs of a page', () => {
  it('are the ts blocks, and no others', () => {
    const markdown = [
      '```sh',
      'npm start',
      '```',
      '```ts',
      'one()',
      '```',
      '````md',
      '```ts',
      'no()',
      '```',
      '````',
    ].join('\n')
    expect(programsOf(markdown)).toEqual([{ line: 5, code: 'one()' }])
  })

  it('continue in the next block, unless that imports something', () => {
    const programs = programsOf(page('const a = 1', 'a + 1 // 2', "import { b } from 'b'", 'b()'))
    expect(programs.map((program) => program.code.split(/\n+/))).toEqual([
      ['const a = 1', 'a + 1 // 2'],
      ["import { b } from 'b'", 'b()'],
    ])
  })

  it('keep the line numbers of the page', () => {
    const markdown = page('const a = 1', 'a + 1 // 2')
    const [program] = programsOf(markdown)
    const line = markdown.split('\n').indexOf('a + 1 // 2')
    expect(program!.code.split('\n').indexOf('a + 1 // 2') + program!.line).toBe(line + 1)
  })

  it('may load files: blocks that begin with a name, unless that is main.ts', () => {
    const markdown = page('// work.ts\nexport default 1', "// main.ts\nimport work from './work.js'", 'work // 1')
    expect([...filesOf(markdown)].map(([name, { code }]) => [name, code])).toEqual([
      ['work.ts', '// work.ts\nexport default 1'],
    ])
    expect(programsOf(markdown)).toHaveLength(1)
  })

  it('are refused when a block is not closed', () => {
    expect(() => programsOf('```ts\none()\n')).toThrow('not closed')
  })
})

describe('stated results', () => {
  it('are literals, thrown codes and printed lines; other comments are prose', () => {
    const { expectations } = prepare(
      'f() // 5\nf() // throws X\nconsole.log(f()) // five\nf() // it adds five\nconst a = 1 // 5',
    )
    expect(expectations).toEqual([
      { line: 0, kind: 'value', text: '5' },
      { line: 1, kind: 'throws', text: 'X' },
      { line: 2, kind: 'prints', text: 'five' },
    ])
  })

  it.each([
    ['5', 5],
    ['-0.5', -0.5],
    ['10_000', 10_000],
    ["'ok'", 'ok'],
    ['[1, null, true]', [1, null, true]],
    ['{ ok: true, "a-b": { c: undefined } }', { ok: true, 'a-b': { c: undefined } }],
  ])('read %s', (text, value) => {
    expect(literal(text)).toEqual({ value, partial: false })
  })

  it.each(['5 of them', '{ ok', '[f()]', '{ a: g }', '5, typed'])(
    'refuse "%s", which only starts like a value',
    (text) => {
      expect(() => prepare(`f() // ${text}`)).toThrow()
    },
  )
})

describe('running a program', () => {
  it('counts what it compared', async () => {
    await expect(
      run("import { join } from 'node:path'\njoin('a', 'b') // 'a/b'\nawait Promise.resolve(1) // 1"),
    ).resolves.toBe(2)
  })

  it.each([
    ['1 + 1 // 3', 'Line 1 states 3: it is 2.'],
    ['\n({ a: 1, b: 2 }) // { a: 1 }', 'Line 2 states { a: 1 }: it is { a: 1, b: 2 }.'],
    ['({ a: 1, b: 2 }) // { a: 2, … }', 'it is { a: 1, b: 2 }.'],
    ['console.log(1, 2) // 1', "it printed '1 2'."],
    ['Promise.resolve(1) // throws ERR_X', 'nothing was thrown.'],
    ["Promise.reject(new Error('no')) // throws ERR_X", 'it threw Error: no'],
    ["throw new Error('stray')", 'stray'],
  ])('fails for %j', async (code, message) => {
    await expect(run(code)).rejects.toThrow(message)
  })

  it.each([
    '({ a: 1, b: 2 }) // { a: 1, … }',
    'console.log({ a: 1 }, 2) // { a: 1 } 2',
    "Promise.reject(Object.assign(new Error('no'), { code: 'ERR_X' })) // throws ERR_X",
    'await Promise.reject(new TypeError()) // throws TypeError',
    'export const a: number = 1\nexport interface B { c: number }\na // 1',
  ])('passes for %j', async (code) => {
    await expect(run(code)).resolves.toBe(1)
  })

  it('finds files beside its page', async () => {
    const code = 'new URL("./x.mjs", import.meta.url).pathname // "/docs/x.mjs"'
    await expect(runProgram(only(code), require, '/docs/page.md')).resolves.toBe(1)
  })

  it('stops the nact systems that it started, also when it fails', async () => {
    const stopped: unknown[] = []
    const nact = { start: (name: string) => name, stop: (system: unknown) => stopped.push(system) }
    const code = "import { start } from 'nact'\nstart('a')\nstart('b')\n1 // 2"
    await expect(runProgram(only(code), () => nact)).rejects.toThrow('Line 4')
    expect(stopped).toEqual(['a', 'b'])
  })
})

describe('types of a program', () => {
  const faults = (code: string) => typeFaults([{ file: 'docs/x.md', programs: [{ line: 10, code }] }])

  it('follow the options of the workspace, and allow await at the top', () => {
    expect(
      faults("import { start } from 'nact'\nimport { round } from '@genpool/runtime'\nstart()\nawait round(1)"),
    ).toEqual([])
  })

  it('are faults with the line of the page', () => {
    expect(faults("import { round } from '@genpool/runtime'\n\nround('x')")).toEqual([
      expect.stringMatching(/^docs\/x\.md:12: Argument of type 'string'/),
    ])
  })
})

describe('links and headings of a page', () => {
  const markdown = [
    '# One `two`',
    '[a](./a.md#part) ![b](img/b.png "title") [c](https://c.org) [d](#here) `[e](e.md)`',
    '```md',
    '[f](f.md)',
    '# Three',
    '```',
    '  link: /guide/g',
    '<img src="h.svg">',
  ].join('\n')

  it('are the links outside code that lead into the repository', () => {
    expect(localLinksOf(markdown)).toEqual([
      { line: 2, target: './a.md', anchor: 'part' },
      { line: 2, target: 'img/b.png' },
      { line: 2, target: '', anchor: 'here' },
      { line: 7, target: '/guide/g' },
      { line: 8, target: 'h.svg' },
    ])
    expect(headingsOf(markdown)).toEqual(['One two'])
  })
})
