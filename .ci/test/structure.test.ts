import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'

const root = resolve(__dirname, '../..')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'structure-'))
  write('tsconfig.json', '{}')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

/** Holds a tree of files against the rules of this project. */
function check(files: Readonly<Record<string, string>>): { ok: boolean; output: string } {
  for (const [file, text] of Object.entries(files)) write(file, text)
  const depcruise = join(root, 'node_modules/.bin/depcruise')
  const config = join(root, '.dependency-cruiser.cjs')
  const run = spawnSync(depcruise, ['--config', config, '--output-type', 'err-long', 'packages'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}`.replace(/\s+/g, ' ') }
}

const core = 'packages/core/src'
const exportsA = 'export interface A { readonly a: number }\n'
const importsA = (from: string): string => `import type { A } from '${from}'\nexport type B = A\n`

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

  it.each([
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
  ])('refuses an import of %s from %s, and says what may be imported', (from, to, sentence) => {
    const up = from.includes('/') ? '../..' : '..'
    const { ok, output } = check({
      [`${core}/${to}.ts`]: exportsA,
      [`${core}/${from}/wrong.ts`]: importsA(`${up}/${to}`),
    })
    expect(ok).toBe(false)
    expect(output).toContain(sentence)
  })
})
