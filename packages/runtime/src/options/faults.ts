import { textOf } from '../errors'
import { type Fault } from '../invalid-error'
import { expected, tagsOf } from './expected'
import { type FirstGuesses, keyHint, type Place, tagHint, valueHint } from './hints'
import { nearest } from './nearest'
import { listed, showValue } from './show-value'
import { type Alternative, alternativesOf, coreOf, type Issue, keysOf, propertyOf, type Schema } from './schema'

type Path = readonly PropertyKey[]

/** How many unknown keys an error names. */
const MOST_KEYS = 8

/**
 * Finds out what is wrong with a value that a schema refuses, and says it in words: where it is, what was expected, what
 * was given, and what was probably meant. zod decides what is wrong; of a union it cannot tell which form was meant.
 */
export class FaultFinder {
  constructor(
    private readonly root: Schema,
    private readonly guesses: FirstGuesses,
  ) {}

  /** Everything that is wrong with `value`; empty if it is accepted. Never throws, whatever a getter or a proxy does. */
  find(schema: Schema, value: unknown, path: Path = []): Fault[] {
    try {
      const issues = issuesOf(schema, value)
      if (issues === undefined) return []
      const core = coreOf(schema)
      const inside = this.#inside(core, value, path)
      return inside.length > 0 ? inside : atOnce(core, { issues, value, path })
    } catch (error) {
      return [{ path, message: thrown(error) }]
    }
  }

  #inside(schema: Schema, value: unknown, path: Path): Fault[] {
    const { type, element, valueType } = schema.def
    if (type === 'union') return this.#union(schema, value, path)
    if (type === 'object' && isRecord(value)) return this.#object({ schema, tag: undefined }, [], { value, path })
    if (type === 'array' && Array.isArray(value) && element !== undefined) {
      return value.flatMap((item, i) => this.find(element, item, [...path, i]))
    }
    if (type !== 'record' || !isRecord(value) || valueType === undefined) return []
    return Object.entries(value).flatMap(([key, item]) => this.find(valueType, item, [...path, key]))
  }

  #union(schema: Schema, value: unknown, path: Path): Fault[] {
    const forms = alternativesOf(schema)
    if (Array.isArray(value)) {
      const list = forms.find((form) => form.schema.def.type === 'array')
      return list === undefined ? [] : this.#inside(list.schema, value, path)
    }
    if (!isRecord(value)) return []
    const objects = forms.filter((form) => form.schema.def.type === 'object')
    const record = forms.find((form) => form.schema.def.type === 'record')
    if (record !== undefined && objects.length === 0) return this.#inside(record.schema, value, path)
    const tagged = objects.filter(({ tag }) => tag !== undefined)
    const [{ tag } = { tag: undefined }] = tagged
    const form = tag === undefined ? mostAlike(objects, value) : formOf(objects, tag, value)
    if (form !== undefined) return this.#object(form, tagged, { value, path })
    return tag === undefined ? [] : [wrongTag(tagged, tag, { value, path })]
  }

  /** @param siblings other forms that may have been meant, to tell to which of them a key belongs */
  #object({ schema }: Alternative, siblings: readonly Alternative[], { value, path }: Given): Fault[] {
    const strict = schema.def.catchall?.def.type === 'never'
    const unknown = strict ? Object.keys(value).filter((key) => propertyOf(schema, key) === undefined) : []
    const place = {
      schema,
      siblings,
      path,
      root: this.root,
      guesses: this.guesses,
      kind: value[siblings[0]?.tag ?? ''],
    }
    const parts = Object.entries(schema.def.shape ?? {})
    const faults = parts.flatMap(([key, part]) => this.find(part, value[key], [...path, key]))
    if (unknown.length > 0) {
      faults.unshift({ path, message: `${misnamed(unknown, place)}. Accepted keys: ${keysOf(schema).join(', ')}` })
    }
    if (faults.length > 0) return faults
    return (schema.safeParse(value).error?.issues ?? []).map((issue) => said(issue, path))
  }
}

function misnamed(keys: readonly string[], place: Place): string {
  const words = keys.slice(0, MOST_KEYS).map((key) => showValue(key) + keyHint(key, place))
  const more = keys.length > MOST_KEYS ? ` and ${keys.length - MOST_KEYS} more` : ''
  return `unknown key ${words.join(', ')}${more}`
}

interface Given {
  readonly value: Readonly<Record<string, unknown>>
  readonly path: Path
}

/** The form that a value has by its tag; without one, the form that needs none. */
function formOf(
  objects: readonly Alternative[],
  tag: string,
  { [tag]: given }: Given['value'],
): Alternative | undefined {
  if (given === undefined) return objects.find((form) => form.tag === undefined)
  return objects.find(({ schema }) => tagsOf([{ schema, tag }]).includes(given))
}

/** The form with most of the keys of a value. A single form is it also without any. */
function mostAlike(objects: readonly Alternative[], value: Given['value']): Alternative | undefined {
  if (objects.length < 2) return objects[0]
  const given = Object.keys(value)
  // A key that is misspelt counts, but less than one that is not.
  const count = ({ schema }: Alternative): number =>
    keysOf(schema).filter((key) => given.includes(key)).length +
    (nearest(given[0] ?? '', keysOf(schema)) === undefined ? 0 : 0.5)
  const best = Math.max(...objects.map(count))
  return best === 0 ? undefined : objects.find((form) => count(form) === best)
}

function wrongTag(tagged: readonly Alternative[], tag: string, { value, path }: Given): Fault {
  const known = tagsOf(tagged)
  const words = listed(known.map(showValue))
  const message =
    value[tag] === undefined
      ? `it is missing: expected ${words}${tagHint(tagged, tag, value)}`
      : `expected ${words}, got ${showValue(value[tag])}${valueHint(value[tag], tagged[0]?.schema, known)}`
  return { path: [...path, tag], message }
}

/** What zod has against a value; undefined if nothing. What cannot be read is looked at part by part. */
function issuesOf(schema: Schema, value: unknown): readonly Issue[] | undefined {
  try {
    return schema.safeParse(value).error?.issues
  } catch (error) {
    return [{ code: THREW, path: [], message: thrown(error) }]
  }
}

const THREW = 'threw'

function thrown(error: unknown): string {
  return `reading it threw: ${textOf(error)}`
}

/** What is wrong with a value as a whole. */
function atOnce(schema: Schema, { issues, value, path }: Refused): Fault[] {
  if (issues[0]?.code === THREW) return issues.map((issue) => said(issue, path))
  const own = issues.filter(({ code, path: inner }) => code === 'custom' && inner.length > 0)
  if (own.length > 0 && isRecord(value)) return own.map((issue) => said(issue, path))
  const wanted = `expected ${expected(schema, value)}`
  if (value === undefined && path.length > 0) return [{ path, message: `it is missing: ${wanted}` }]
  const got = isSecret(path, value) ? showSecret(value) : `${showValue(value)}${valueHint(value, schema)}`
  return [{ path, message: `${wanted}, got ${got}` }]
}

/** Errors end up in logs, where nobody may read these. */
function isSecret(path: Path, value: unknown): value is string {
  return typeof value === 'string' && SECRETS.test(String(path.at(-1)))
}
const SECRETS = /token|password|secret/i

/** What can be said of a secret: mostly it was read from a file, with the end of its line. */
function showSecret(text: string): string {
  const space = text.trim() === text ? '' : ' with white space at its start or its end: trim it'
  return `a text of ${text.length} characters${space}. It is not shown here`
}

interface Refused {
  readonly issues: readonly Issue[]
  readonly value: unknown
  readonly path: Path
}

function said({ path: inner, message }: Issue, path: Path): Fault {
  return { path: [...path, ...inner], message }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
