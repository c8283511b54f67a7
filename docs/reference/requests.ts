import { mapOptions } from '@genpool/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { asSchema, code, typeOf, unwrap } from './schemas'

const root = join(__dirname, '..', '..')

const head = `---
pageClass: options-page
---

<!-- Generated from the types of the options by \`npm run docs:options\`. Change the types, not this file. -->

# Options of one request

What a sender may say about one \`call\`, one \`cast\`, or the calls of one \`map\` or \`mapStream\`. A wrong or misspelt option is an
\`ERR_GENPOOL_OPTIONS\`: \`call\` rejects with it, \`cast\` returns it, and \`map\` throws it at once. All are optional.

nact's own \`query(pool, message, timeout)\` has a timeout and nothing else, and \`dispatch\` has no options. The options of pools are
[on a page of their own](./options.md).
`

interface Option {
  readonly type: string
  readonly meaning: string
}
type Options = ReadonlyMap<string, Option>

/** The page: a table of all options of requests, with who takes each. */
export function renderRequests(): string {
  const [call, cast] = typedOptions()
  const [notCall = [], notCast = []] = notElsewhere()
  const map = ofMap()
  const onlyMap = new Set([...map.keys()].filter((name) => !call.has(name) && !cast.has(name)))
  const names = [...new Set([...call.keys(), ...cast.keys(), ...map.keys()])]
  const isHere = (name: string): boolean =>
    (!call.has(name) || notCall.includes(name)) && (!cast.has(name) || notCast.includes(name)) && !onlyMap.has(name)
  const rows = names.map((name) => {
    const { type, meaning } = (call.get(name) ?? cast.get(name) ?? map.get(name)) as Option
    const takes = [call, cast, map].map((options) => (options.has(name) ? 'yes' : '–'))
    const notes = [
      ...noteOf('`cast`', call, cast, name),
      ...noteOf('`map`', call.has(name) ? call : cast, map, name),
      ...(isHere(name) ? ['Not for [remote pools](../guide/machines.md).'] : []),
    ]
    const cells = [`${code(name)}<br>${type}`, ...takes, [meaning, ...notes].join(' ')]
    return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
  })
  const table = ['| Option | `call` | `cast` | `map` | Meaning |', '| --- | --- | --- | --- | --- |', ...rows]
  return `${head}\n${table.join('\n')}\n`
}

/** What an option means for one kind of request, where it does not mean the same as for the other. */
function noteOf(kind: string, known: Options, options: Options, name: string): string[] {
  const [first, own] = [known.get(name), options.get(name)]
  if (first === undefined || own === undefined || first.meaning === own.meaning) return []
  return [`For ${kind}: ${own.meaning}`]
}

function ofMap(): Options {
  const parts = Object.entries(asSchema(mapOptions).def.shape ?? {})
  return new Map(
    parts.map(([name, part]) => [
      name,
      { type: typeOf(part, () => undefined), meaning: unwrap(part).description ?? '' },
    ]),
  )
}

/** The options of `call` and of `cast`, by their types. */
function typedOptions(): [call: Options, cast: Options] {
  const file = join(root, 'packages', 'core', 'src', 'index.ts')
  const { config } = ts.parseConfigFileTextToJson(
    'tsconfig.json',
    readFileSync(join(root, 'tsconfig.json'), 'utf8'),
  ) as {
    config: object
  }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const program = ts.createProgram([file], options)
  const checker = program.getTypeChecker()
  const exported = checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(file) as ts.Node) as ts.Symbol,
  )
  const typeNamed = (name: string): ts.Type =>
    checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(exported.find((each) => each.name === name) as ts.Symbol))
  const of = (name: string): Options =>
    new Map(checker.getPropertiesOfType(typeNamed(name)).map((symbol) => [symbol.name, optionOf(checker, symbol)]))
  return [of('CallOptions'), of('CastOptions')]
}

/** The options that a call, and those that a cast to a pool elsewhere does not take. */
function notElsewhere(): readonly string[][] {
  const messages = readFileSync(join(root, 'packages', 'core', 'src', 'api', 'messages.ts'), 'utf8')
  return [...messages.matchAll(/& NotElsewhere<I, ([^>]+)>/g)].map(([, names = '']) => names.match(/\w+/g) ?? [])
}

function optionOf(checker: ts.TypeChecker, symbol: ts.Symbol): Option {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol))
  const text = checker.typeToString(type)
  const meaning = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s*\n\s*/g, ' ')
  return { type: TYPES[symbol.name] ?? TYPES[text] ?? (text.includes('=>') ? 'function' : text), meaning }
}

const KEY = 'any but a promise'

/** The types of options by their names, or by the texts of the compiler. */
const TYPES: Readonly<Record<string, string>> = {
  retry: '[retryOptions](./options.md#retryoptions)',
  key: KEY,
  share: KEY,
  latest: KEY,
  unknown: 'any',
  '{}': 'any',
}
