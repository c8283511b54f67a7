import { asSchema, code, objectsOf, type Schema, show, typeOf, unwrap } from './schemas'
import { type z } from 'zod'

/** The exported options schemas of a package. */
export interface Source {
  readonly name: string
  readonly schemas: ReadonlyMap<string, z.ZodType>
}

const head = `<!-- Generated from the zod schemas by \`npm run docs:options\`. Change the schemas, not this file. -->

# Options

Every option of every package, read from the schemas that check them. A wrong or misspelt option throws
\`ERR_GENPOOL_OPTIONS\` before anything is created; the message names the key, where it is, and the keys that are accepted.
Durations are milliseconds.
`

/** The reference page: a section for each package that has options, a table for each of its schemas. */
export function renderOptions(sources: readonly Source[]): string {
  const names = new Map<Schema, string>()
  for (const { schemas } of sources) for (const [name, schema] of schemas) names.set(asSchema(schema), name)
  const sections = sources
    .filter(({ schemas }) => schemas.size > 0)
    .map(({ name, schemas }) => {
      const parts = [...schemas].map(([title, schema]) => renderSchema(title, asSchema(schema), names))
      return [`## ${name}`, ...parts].join('\n\n')
    })
  return `${[head.trimEnd(), ...sections].join('\n\n')}\n`
}

type Names = ReadonlyMap<Schema, string>

function renderSchema(title: string, schema: Schema, names: Names): string {
  const others: Names = new Map([...names].filter(([other]) => other !== schema))
  const intro = schema.description === undefined ? [] : [schema.description]
  const objects = objectsOf(schema)
  if (objects.length === 0) return [`### ${title}`, ...intro, `Type: ${typeOf(schema, linkTo(others))}.`].join('\n\n')
  if (objects.length === 1 && objects[0] !== undefined) {
    return [`### ${title}`, ...intro, table(objects[0], others)].join('\n\n')
  }
  return [`### ${title}`, ...intro, ...objects.map((object) => alternative(title, object, others))].join('\n\n')
}

/** One of several forms of an option: a link if the form has its own section, otherwise its table. */
function alternative(title: string, object: Schema, names: Names): string {
  const own = table(object, names)
  const known = [...names].find(([schema]) => {
    const objects = objectsOf(schema)
    return objects.length === 1 && objects[0] !== undefined && table(objects[0], names) === own
  })
  if (known !== undefined) return `- with ${discriminator(object)}: [${known[1]}](#${known[1].toLowerCase()})`
  return `#### ${title} with ${discriminator(object)}\n\n${own}`
}

/** The key that distinguishes an alternative of a union from the others, as in `type: 'codel'`. */
function discriminator(object: Schema): string {
  const key = discriminatorKey(object)
  const value = key === undefined ? undefined : object.def.shape?.[key]
  return value === undefined ? 'other keys' : code(`${key}: ${show(literalOf(value))}`)
}

function discriminatorKey(object: Schema): string | undefined {
  return Object.entries(object.def.shape ?? {}).find(([, part]) => literalOf(part) !== undefined)?.[0]
}

function literalOf(schema: Schema): unknown {
  const { def } = unwrap(schema).schema
  return def.type === 'literal' && def.values?.length === 1 ? def.values[0] : undefined
}

function table(object: Schema, names: Names): string {
  const lines = rows(object, '', names).map(
    (cells) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`,
  )
  return ['| Option | Type | Default | Meaning |', '|---|---|---|---|', ...lines].join('\n')
}

/** One row for each key. The keys of a nested object follow as `outer.inner`, with the form that they belong to. */
function rows(object: Schema, prefix: string, names: Names): string[][] {
  return Object.entries(object.def.shape ?? {}).flatMap(([key, part]) => {
    const path = prefix + key
    const { optional, default: fallback, description } = unwrap(part)
    const { schema: inner } = unwrap(part, (candidate) => names.has(candidate))
    const missing = optional ? '' : 'required'
    const shown = fallback === undefined ? missing : code(fallback)
    const row = [code(path), typeOf(part, linkTo(names)), shown, description ?? '']
    return [row, ...(names.has(inner) ? [] : rowsInside(inner, `${path}.`, names))]
  })
}

/** The keys of a nested object, or of each of its forms. The form is named before the meaning of each key. */
function rowsInside(schema: Schema, prefix: string, names: Names): string[][] {
  const objects = objectsOf(schema).filter((object) => !names.has(object))
  if (objects.length === 1 && objects[0] !== undefined) return rows(objects[0], prefix, names)
  return objects.flatMap((object) => {
    const own = rows(object, prefix, names).filter(([path]) => path !== code(`${prefix}${discriminatorKey(object)}`))
    return own.map(([path = '', type = '', fallback = '', meaning = '']) => {
      return [path, type, fallback, `With ${discriminator(object)}: ${meaning}`]
    })
  })
}

function linkTo(names: Names): (schema: Schema) => string | undefined {
  return (schema) => {
    const name = names.get(schema)
    return name === undefined ? undefined : `[${name}](#${name.toLowerCase()})`
  }
}
