import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'

const DOCS = resolve(__dirname, '..', '..', '..', 'docs')

/** Replaces the part of a page between the marks of one suite, and says on what it was measured. */
export function replaceSection(name: string, parts: readonly string[], file = 'performance.md'): void {
  const path = join(DOCS, file)
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const page = readFileSync(path, 'utf8')
  const [before, rest] = page.split(open)
  const after = rest?.split(close)[1]
  if (before === undefined || after === undefined) throw new Error(`${path} has no section ${open} … ${close}`)
  writeFileSync(path, `${before}${open}\n\n${[machine(), ...parts].join('\n\n')}\n\n${close}${after}`)
}

/** Writes a picture, and returns its line on the page. */
export function picture(name: string, alt: string, svg: string): string {
  writeFileSync(join(DOCS, 'public', `${name}.svg`), svg)
  return `![${alt}](/${name}.svg)`
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The compiler, which runs first, keeps one processor busy. Above two, others work, too. */
const loadBefore = loadavg()[0]!

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const versions = ['nact', 'fastq', 'immer'].map((name) => `${name} ${versionOf(name)}`).join(', ')
  const day = new Date().toISOString().slice(0, 10)
  const busy =
    loadBefore > 2 ? ` **The machine was not quiet** (load ${loadBefore.toFixed(1)} in the minute before).` : ''
  return `Measured on: Node ${process.version}, ${availableParallelism()} × ${model}, ${versions}, ${day}.${busy}`
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version
}
