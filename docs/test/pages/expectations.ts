import ts from 'typescript'

/** The name under which a program finds what compares its results. */
const CHECK = '__expect'

/** What a page says about one of its statements. */
export interface Expectation {
  /** The line in the program, counted from 0. */
  readonly line: number
  readonly kind: 'value' | 'throws' | 'prints'
  /** The comment: a literal value, the code of an error, or a printed line. */
  readonly text: string
}

/** A program as a module body that calls `__expect(index, () => value)` where the page states a result. */
export interface Prepared {
  readonly javascript: string
  readonly expectations: readonly Expectation[]
}

/**
 * Finds the results that a program states after its statements:
 *
 * - `sum(2, 3) // 5`: the value, awaited if it is a promise, equals this literal; `{ a: 1, … }` may have more keys;
 * - `await sum('x') // throws ERR_GENPOOL_INVALID`: it throws or rejects with this code, name or message;
 * - `console.log(sum(2, 3)) // 5`: this line is printed.
 *
 * Any other comment is prose. Top-level `await` works.
 *
 * @throws {Error} if a comment starts like a value, but is not one
 */
export function prepare(code: string): Prepared {
  const file = ts.createSourceFile('page.mts', code, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)
  const expectations: Expectation[] = []
  const imports: string[] = []
  const body: string[] = []
  for (const statement of file.statements) {
    const text = statement.getText(file).replace(/^export (?=const|function|interface|type|class)/, '')
    if (ts.isImportDeclaration(statement)) imports.push(text)
    else body.push(instrument(file, statement, text, expectations))
  }
  // An async function instead of a module: pages await at the top, and CommonJS cannot.
  const wrapped = [...imports, 'export const run = async () => {', ...body, '}'].join('\n')
  const { outputText } = ts.transpileModule(wrapped, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  })
  return { javascript: outputText, expectations }
}

function instrument(file: ts.SourceFile, statement: ts.Statement, text: string, found: Expectation[]): string {
  if (!ts.isExpressionStatement(statement)) return text
  const comment = trailingComment(file, statement)
  if (comment === undefined) return text
  const line = file.getLineAndCharacterOfPosition(statement.getEnd()).line
  const expectation = read(comment, line, isPrint(statement.expression))
  if (expectation === undefined) return text
  found.push(expectation)
  return `await ${CHECK}(${found.length - 1}, async () => (${statement.expression.getText(file)}))`
}

function trailingComment(file: ts.SourceFile, statement: ts.Statement): string | undefined {
  const range = ts.getTrailingCommentRanges(file.text, statement.getEnd())?.[0]
  return range?.kind === ts.SyntaxKind.SingleLineCommentTrivia
    ? file.text.slice(range.pos + 2, range.end).trim()
    : undefined
}

function isPrint(expression: ts.Expression): boolean {
  return ts.isCallExpression(expression) && expression.expression.getText() === 'console.log'
}

function read(comment: string, line: number, prints: boolean): Expectation | undefined {
  if (prints) return { line, kind: 'prints', text: comment }
  const thrown = /^throws (.+)$/.exec(comment)?.[1]
  if (thrown !== undefined) return { line, kind: 'throws', text: thrown }
  if (!/^[-\d'"`{[]|^(true|false|null|undefined|NaN|Infinity)\b/.test(comment)) return undefined
  literal(comment) // throws now instead of when the program runs
  return { line, kind: 'value', text: comment }
}

/**
 * The value that a comment states.
 *
 * @returns `partial` where an object ends in `…`: it may have more keys
 * @throws {Error} if it is more than a literal
 */
export function literal(text: string): { readonly value: unknown; readonly partial: boolean } {
  const partial = /…\s*}$/.test(text)
  const source = partial ? text.replace(/,?\s*…\s*}$/, ' }') : text
  const file = ts.createSourceFile('value.ts', `(${source})`, ts.ScriptTarget.ES2023, true)
  const [statement] = file.statements
  if (file.statements.length !== 1 || statement === undefined || !ts.isExpressionStatement(statement)) {
    throw new Error(`"${text}" starts like a value, but is not one.`)
  }
  return { value: evaluate(statement.expression, text), partial }
}

const names: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
])

function evaluate(node: ts.Expression, text: string): unknown {
  if (ts.isParenthesizedExpression(node)) return evaluate(node.expression, text)
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isBigIntLiteral(node)) return BigInt(node.text.slice(0, -1))
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    return -(evaluate(node.operand, text) as number)
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.map((element) => evaluate(element, text))
  if (ts.isObjectLiteralExpression(node))
    return Object.fromEntries(node.properties.map((entry) => property(entry, text)))
  if (ts.isIdentifier(node) && names.has(node.text)) return names.get(node.text)
  const word = node.getText()
  if (word === 'true' || word === 'false' || word === 'null') return JSON.parse(word)
  throw new Error(`"${text}" starts like a value, but "${word}" is not one.`)
}

function property(node: ts.ObjectLiteralElementLike, text: string): [string, unknown] {
  if (!ts.isPropertyAssignment(node)) throw new Error(`"${text}" starts like a value, but is not one.`)
  const name = ts.isComputedPropertyName(node.name) ? node.name.getText() : node.name.text
  return [name, evaluate(node.initializer, text)]
}
