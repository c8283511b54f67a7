import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'

const root = resolve(__dirname, '../..')
const core = 'packages/core/src'
const exportsA = 'export interface A { readonly a: number }\n'
const importsA = (from: string): string => `import type { A } from '${from}'\nexport type B = A\n`

/** Holds a tree of files against the rules of this project. */
function check(files: Readonly<Record<string, string>>): { ok: boolean; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'structure-'))
  try {
    for (const [file, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const depcruise = join(root, 'node_modules/.bin/depcruise')
    const config = join(root, '.dependency-cruiser.cjs')
    const run = spawnSync(depcruise, ['--config', config, '--output-type', 'err-long', 'packages'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
    return { ok: run.status === 0, output: `${run.stdout}${run.stderr}`.replace(/\s+/g, ' ') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Who imports what it may not, and what it may. */
const wrong = [
  ['requests', 'pool/pool', 'core/src/requests/ may import behaviours and itself'],
  ['pool', 'policies/door/door', 'core/src/pool/ may import behaviours, requests, work, members and itself'],
  ['members', 'views/stats/stats', 'core/src/members/ may import behaviours, requests, work and itself'],
  ['policies/door', 'pool/pool', 'core/src/policies/ may import behaviours, requests, pool/ports and itself'],
  [
    'views/stats',
    'policies/door/door',
    'core/src/views/ may import behaviours, requests, pool/ports, pool/status and itself',
  ],
  ['policies/door', 'policies/elastic/size', 'The folders of packages/core/src/policies/ do not import each other'],
  ['behaviours', 'requests/request', 'core/src/behaviours/ is the lowest layer'],
] as const
const fileOf = (from: string, to: string): string => `${from}/wrong-${to.replaceAll('/', '-')}.ts`

/** A tree with all wrong imports, none of which is needed for another one to be wrong. */
function wrongTree(): Record<string, string> {
  return Object.fromEntries(
    wrong.flatMap(([from, to]) => {
      const up = from.includes('/') ? '../..' : '..'
      return [
        [`${core}/${to}.ts`, exportsA],
        [`${core}/${fileOf(from, to)}`, importsA(`${up}/${to}`)],
      ]
    }),
  )
}

describe('the structure of the packages', () => {
  it('lets a layer import what is below it', () => {
    const { ok, output } = check({
      [`${core}/requests/a.ts`]: exportsA,
      [`${core}/pool/ports.ts`]: importsA('../requests/a'),
      [`${core}/policies/door/door.ts`]: importsA('../../pool/ports').replace('A }', 'B as A }'),
    })
    expect(output).toContain('no dependency violations')
    expect(ok).toBe(true)
  })

  it('refuses two files that import each other, also if only types go round', () => {
    const { ok, output } = check({
      'packages/broker/src/a.ts': "import type { B } from './b'\nexport interface A { readonly b: B }\n",
      'packages/broker/src/b.ts': "import type { A } from './a'\nexport interface B { readonly a: A }\n",
    })
    expect(ok).toBe(false)
    expect(output).toMatch(/no-loops.*Two files import each other, directly or in a circle/)
  })

  describe('refuses what goes against the layers', () => {
    let output: string
    beforeAll(() => {
      const checked = check(wrongTree())
      expect(checked.ok).toBe(false)
      output = checked.output
    })

    it.each(wrong)('an import of %s from %s, and says what may be imported', (from, to, sentence) => {
      // Each fault begins with "error <rule>: <file> → <file>".
      const faults = output.split('error ').filter((fault) => fault.includes(`${core}/${fileOf(from, to)}`))
      expect(faults.join()).toContain(sentence)
    })
  })
})
