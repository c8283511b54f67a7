import { tagsOf } from './expected'
import { nearest } from './nearest'
import { listed, showValue } from './show-value'
import { type Alternative, alternativesOf, keysOf, placesOf, propertyOf, type Schema, valuesOf } from './schema'

/**
 * Names that people try first, in lower case, with the options that they mean: `{ maxqueue: ['broker.client.max'] }`. A name with
 * its place (`broker.client.size`) counts there only.
 */
export type FirstGuesses = Readonly<Record<string, readonly string[]>>

/** Where an unknown key was found. */
export interface Place {
  readonly schema: Schema
  readonly siblings: readonly Alternative[]
  readonly path: readonly PropertyKey[]
  readonly root: Schema
  readonly guesses: FirstGuesses
  /** The kind that was given, if there are several. */
  readonly kind: unknown
}

const MOST_PLACES = 3

/** What an unknown key was probably meant to be. */
export function keyHint(key: string, place: Place): string {
  const { schema, path, root, guesses } = place
  const near = nearest(key, keysOf(schema))
  if (near !== undefined) return meantKeys([near])
  const here = guesses[[...path, key].join('.').toLowerCase()]
  if (here !== undefined && path.length > 0) return meantKeys(here)
  const kind = kindHint(key, place)
  if (kind !== undefined) return kind
  const places = placesOf(key, root).filter((other) => other !== [...path, key].join('.'))
  const below = places.filter((other) => path.length > 0 && other.startsWith(`${path.join('.')}.`))
  if (below.length > 0) return meantKeys(below)
  const name = key.toLowerCase()
  const guess = Object.hasOwn(guesses, name)
    ? name
    : places.length > 0
      ? undefined
      : nearest(name, Object.keys(guesses))
  if (guess !== undefined) return meantKeys(guesses[guess] ?? [])
  // The same word would sound like no answer.
  if (places[0] === key) return ` (it belongs at the top, not in ${showValue(path.join('.'))})`
  return meantKeys(places)
}

/** To which other kind of the same thing a key belongs. */
function kindHint(key: string, { schema, siblings, kind }: Place): string | undefined {
  const tag = siblings[0]?.tag
  const owners = siblings.filter((form) => propertyOf(form.schema, key) !== undefined)
  if (tag === undefined || owners.length === 0) return undefined
  const words = listed(tagsOf(owners).map((owner) => `${tag}: ${showValue(owner)}`))
  const [own] = tagsOf([{ schema, tag }])
  return kind === undefined
    ? ` (it belongs to ${words}; without "${tag}" this is ${showValue(own)})`
    : ` (it belongs to ${words})`
}

/** What a wrong value was probably meant to be: a known word, or the number of a string. */
export function valueHint(value: unknown, schema: Schema | undefined, known?: readonly unknown[]): string {
  if (typeof value !== 'string' || schema === undefined) return ''
  const forms = alternativesOf(schema)
  const words = known ?? forms.flatMap((form) => valuesOf(form.schema))
  const near = nearest(
    value,
    words.filter((word) => typeof word === 'string'),
  )
  if (near !== undefined) return meant([showValue(near)])
  const kind = kindNamed(value, forms)
  if (kind !== undefined) return kind
  if (value.trim() === '') return ''
  const candidates: readonly unknown[] = [
    Number(value),
    value === 'true' ? true : value === 'false' ? false : undefined,
  ]
  const accepted = candidates.find(
    (one) => one !== undefined && forms.some((form) => form.schema.safeParse(one).success),
  )
  return accepted === undefined ? '' : ` (did you mean ${showValue(accepted)}, without quotes?)`
}

/** The kind that was named where its options are wanted. */
function kindNamed(value: string, forms: readonly Alternative[]): string | undefined {
  const tagged = forms.filter(({ tag }) => tag !== undefined)
  const kinds = tagsOf(tagged).filter((kind) => typeof kind === 'string')
  const near = nearest(value, kinds)
  return near === undefined ? undefined : meant([`{ ${tagged[0]?.tag}: ${showValue(near)} }`])
}

/** Which kinds have all keys that were given without saying the kind. */
export function tagHint(tagged: readonly Alternative[], tag: string, value: object): string {
  const keys = Object.keys(value).filter((key) => key !== tag)
  const fit = tagged.filter(({ schema }) => keys.every((key) => propertyOf(schema, key) !== undefined))
  return fit.length === tagged.length ? '' : meant(tagsOf(fit).map((kind) => `${tag}: ${showValue(kind)}`))
}

function meantKeys(places: readonly string[]): string {
  return meant(places.slice(0, MOST_PLACES).map((place) => `"${place}"`))
}

function meant(words: readonly string[]): string {
  return words.length === 0 ? '' : ` (did you mean ${listed(words)}?)`
}
