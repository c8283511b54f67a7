import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

/** The code of one `@example` of a docstring. */
export interface Example {
  /** The file, relative to the workspace. */
  readonly file: string
  readonly line: number
  readonly code: string
}

/** All examples in the docstrings of the sources in `folder`. */
export function examplesIn(root: string, folder: string): Example[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) =>
      examplesOf(relative(root, join(root, folder, file)), readFileSync(join(root, folder, file), 'utf8')),
    )
}

/** An example ends at the next tag, or with its docstring. */
export function examplesOf(file: string, source: string): Example[] {
  return [...source.matchAll(/\/\*\*[^]*?\*\//g)].flatMap((docstring) => {
    const before = source.slice(0, docstring.index).split('\n').length
    const lines = docstring[0]
      .split('\n')
      .map((line) => line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '').replace(/\s*\*\/$/, ''))
    return lines.flatMap((line, at) => {
      if (!/^@example\b/.test(line)) return []
      const end = lines.findIndex((other, index) => index > at && /^@\w/.test(other))
      const code = [line.replace(/^@example ?/, ''), ...lines.slice(at + 1, end < 0 ? undefined : end)]
      return [{ file, line: before + at, code: code.map((text) => (/^```/.test(text) ? '' : text)).join('\n') }]
    })
  })
}

/** The names that a program uses and does not declare: candidates for what it takes for granted. */
export function namesOf(code: string): Set<string> {
  const file = ts.createSourceFile('example.mts', code, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)
  const used = new Set<string>()
  const declared = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      if (isDeclaration(parent) && parent.name === node) declared.add(node.text)
      else if (!isMember(node, parent)) used.add(node.text)
    }
    node.forEachChild(visit)
  }
  visit(file)
  return new Set([...used].filter((name) => !declared.has(name)))
}

function isDeclaration(node: ts.Node): node is ts.NamedDeclaration {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node)
  )
}

/** The `b` of `a.b`, `{ b: 1 }` and `interface A { b: string }`. */
function isMember(node: ts.Identifier, parent: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isBindingElement(parent)) return parent.propertyName === node
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent)) &&
    parent.name === node
  )
}
