import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deadLinks } from '../dead-links'

describe('dead links of a built site', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'genpool-site-'))
    mkdirSync(join(folder, 'api'))
    writeFileSync(
      join(folder, 'index.html'),
      '<a href="/docs/api/a.html#part"> <img src="/docs/no.svg"> <a href="api/">',
    )
    writeFileSync(
      join(folder, 'api', 'a.html'),
      '<a href="../index.html"> <a class="x" href="b.html?q"> <a href="https://x.org"> <a href="/api/a.html"> <a href="#here">',
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('are those to files that are missing, or outside of the place of the site', () => {
    expect(deadLinks(folder, '/docs/').sort()).toEqual([
      'api/a.html: /api/a.html',
      'api/a.html: b.html',
      'index.html: /docs/no.svg',
      'index.html: api/',
    ])
  })
})
