import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLines } from '../reference/source-links'

const root = join(__dirname, '..', '..')
const page = readFileSync(join(root, 'docs/guide/how-it-works.md'), 'utf8')

describe('the walk through the source', () => {
  it('has links that lead to the lines they name; `npm run docs:lines` sets them', () => {
    expect(page).toBe(withLines(root, page))
  })

  it('enters the pool and the member at most twice before the answer', () => {
    const [before = ''] = page.slice(page.indexOf('## One call, line by line')).split('After the answer')
    const entered = (file: string): number => before.split(`packages/core/src/${file}.ts#`).length - 1
    expect([entered('pool/pool'), entered('members/member')]).toEqual([2, 2])
    const files = new Set([...before.matchAll(/packages\/core\/src\/([\w/-]+)\.ts/g)].map(([, file]) => file))
    expect(files.size).toBeLessThanOrEqual(10)
  })

  it('is told of a definition that is gone', () => {
    const link = '[`Pool.gone`](../../packages/core/src/pool/pool.ts#L1)'
    expect(() => withLines(root, link)).toThrow('packages/core/src/pool/pool.ts does not define Pool.gone')
  })
})
