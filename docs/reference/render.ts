import { asSchema, code, objectsOf, type Schema, show, typeOf, unwrap } from './schemas'
import { type z } from 'zod'
import { slug } from '../.vitepress/slug'

/** The exported options schemas of a package. */
export interface Source {
  readonly name: string
  readonly schemas: ReadonlyMap<string, z.ZodType>
}

const head = `---
pageClass: options-page
---

<!-- Generated from the zod schemas by \`npm run docs:options\`. Change the schemas, not this file. -->

# Options

Every option of every package, read from the schemas that check them. A wrong or misspelt option throws
\`ERR_GENPOOL_OPTIONS\` before anything is created; the message names the key, where it is, and the keys that are accepted.
Durations are milliseconds. What one \`call\` or \`cast\` takes is [on a page of its own](./requests.md). An
option that is an object has a section of its own, below the table.
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
    return [`### ${title}`, ...intro, form(title, objects[0], others)].join('\n\n')
  }
  return [`### ${title}`, ...intro, ...objects.map((object) => alternative(title, object, others))].join('\n\n')
}

/** One of several forms of an option: a link if the form has its own section, otherwise its table. */
function alternative(title: string, object: Schema, names: Names): string {
  const own = form(title, object, names)
  const known = [...names].find(([schema]) => {
    const objects = objectsOf(schema)
    return objects.length === 1 && objects[0] !== undefined && form(title, objects[0], names) === own
  })
  if (known !== undefined) return `- with ${discriminator(object)}: [${known[1]}](#${known[1].toLowerCase()})`
  const heading = `${title} with ${discriminator(object)}`
  return `#### ${heading}\n\n${form(heading, object, names)}`
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

/** The table of the keys of an object, and after it a section for each object inside of it. The heading names the form. */
function form(title: string, object: Schema, names: Names): string {
  const named = / with `/.test(title) ? discriminatorKey(object) : undefined
  const entries = Object.entries(object.def.shape ?? {}).filter(([key]) => key !== named)
  const path = title.includes(': ') && named === undefined ? `${title}.` : `${title}: `
  const sections = entries.flatMap(([key, part]) => sectionsOf(path + key, part, names))
  const inside = new Map(sections.map(({ heading, object }) => [object, heading]))
  const lines = entries.map(([key, part]) => {
    const { optional, default: fallback, description = '' } = unwrap(part)
    const missing = optional ? [] : ['required']
    const facts = [
      code(key),
      typeOf(part, linkTo(names, inside)),
      ...(fallback === undefined ? missing : [`default ${code(fallback)}`]),
    ]
    return `| ${[facts.join('<br>'), description].map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
  })
  const table = ['| Option | Meaning |', '|---|---|', ...lines].join('\n')
  return [
    table,
    ...sections
      .filter(({ object }) => !isBare(object))
      .map(({ heading, object }) => `#### ${heading}\n\n${form(heading, object, names)}`),
  ].join('\n\n')
}

interface Section {
  readonly heading: string
  readonly object: Schema
}

/** The objects that an option may be, each with the heading of its section. Those with a section of their own are left out. */
function sectionsOf(path: string, part: Schema, names: Names): Section[] {
  const { schema } = unwrap(part, (candidate) => names.has(candidate))
  if (names.has(schema)) return []
  const objects = objectsOf(schema).filter((object) => !names.has(object))
  const heading = (object: Schema): string => (objects.length === 1 ? path : `${path} with ${discriminator(object)}`)
  return objects.map((object) => ({ heading: heading(object), object }))
}

/** Whether a form has no keys but the one that names it. */
const isBare = (object: Schema): boolean =>
  Object.keys(object.def.shape ?? {}).length === 1 && !!discriminatorKey(object)

function linkTo(names: Names, inside: Names = new Map()): (schema: Schema) => string | undefined {
  return (schema) => {
    const name = names.get(schema)
    if (name !== undefined) return `[${name}](#${name.toLowerCase()})`
    const heading = inside.get(schema)
    if (heading === undefined) return undefined
    if (isBare(schema)) return discriminator(schema)
    return `[${/ with (.+)$/.exec(heading)?.[1] ?? 'object'}](#${slug(heading.replaceAll('`', ''))})`
  }
}
