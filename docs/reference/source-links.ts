import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A link to a definition in the source, as in [`Pool.submit`](../../packages/core/src/pool/pool.ts#L83). */
const LINK = /\[`([\w.]+)`\]\(\.\.\/\.\.\/(packages\/[^)#]+)#L\d+\)/g

/** The same page with the line that each link into the source leads to now. @throws {Error} if a definition is gone */
export function withLines(root: string, markdown: string): string {
  return markdown.replaceAll(LINK, (_link, name: string, file: string) => {
    const line = lineOf(readFileSync(join(root, file), 'utf8'), name)
    if (line === 0) throw new Error(`${file} does not define ${name}`)
    return `[\`${name}\`](../../${file}#L${line})`
  })
}

/** The line on which `name` is defined: a function, a class, or (`Class.method`) a method; 0 if it is not. */
function lineOf(source: string, name: string): number {
  const [owner, method] = name.split('.')
  const lines = source.split('\n')
  if (method === undefined) {
    const found = (end: string): number =>
      lines.findIndex((line) => new RegExp(`^(export )?(function|class) ${name}\\b.*\\${end}$`).test(line)) + 1
    // Overloads come before the function itself, whose first line may also be broken.
    return found('{') || found('(')
  }
  const begin = lines.findIndex((line) => new RegExp(`^(export )?(abstract )?class ${owner}\\b`).test(line))
  const definition = new RegExp(`^ {2}#?${method}\\(`)
  return begin < 0 ? 0 : lines.findIndex((line, index) => index > begin && definition.test(line)) + 1
}
