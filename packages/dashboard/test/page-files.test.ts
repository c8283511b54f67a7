import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const page = join(__dirname, '..', 'page')
const read = (...parts: string[]): string => readFileSync(join(...parts), 'utf8')

describe('the files of the page', () => {
  it('have the plot library as it was published', () => {
    const published = dirname(require.resolve('uplot'))
    expect(read(page, 'vendor', 'uPlot.esm.js')).toBe(read(published, 'uPlot.esm.js'))
    expect(read(page, 'vendor', 'uPlot.min.css')).toBe(read(published, 'uPlot.min.css'))
    expect(read(page, 'vendor', 'LICENSE-uPlot')).toBe(read(published, '..', 'LICENSE'))
    const { version } = JSON.parse(read(published, '..', 'package.json')) as { version: string }
    expect(read(page, '..', 'README.md')).toContain(version)
  })

  it('name no address elsewhere, and write no markup', () => {
    for (const name of readdirSync(page).filter((name) => /\.(js|css|html)$/.test(name))) {
      const text = read(page, name)
      expect([name, text.match(/https?:\/\/(?!www\.w3\.org)/)]).toEqual([name, null])
      expect([name, text.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)]).toEqual([name, null])
    }
  })
})
