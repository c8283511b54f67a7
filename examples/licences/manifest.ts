import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { countFiles } from './packages'

/** What the manifest of one package says, and how many files it has. */
export interface Facts {
  readonly folder: string
  readonly name: string
  readonly version: string
  /** An SPDX expression, or `none stated`. */
  readonly licence: string
  /** Author and maintainers, each once. */
  readonly people: readonly string[]
  readonly files: number
}

/** A package whose manifest cannot be used, and why. */
export interface Malformed {
  readonly folder: string
  readonly reason: string
}

/** The name under which packages without a licence are counted. */
const NO_LICENCE = 'none stated'

/** Reads one package. Never rejects: a manifest that cannot be used is a result, too. */
export async function readPackage(folder: string): Promise<Facts | Malformed> {
  try {
    const [text, files] = await Promise.all([readFile(join(folder, 'package.json'), 'utf8'), countFiles(folder)])
    return { folder, files, ...parseManifest(text) }
  } catch (error) {
    return { folder, reason: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Reads a manifest, in its current form or in an older one.
 *
 * @throws {Error} if it is not a JSON object, or has no name or version
 */
export function parseManifest(text: string): Omit<Facts, 'folder' | 'files'> {
  const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  if (!isRecord(manifest)) throw new Error('the manifest is not an object')
  const { name, version } = manifest
  if (typeof name !== 'string' || name === '') throw new Error('the manifest has no "name"')
  if (typeof version !== 'string' || version === '') throw new Error('the manifest has no "version"')
  return { name, version, licence: licenceOf(manifest), people: peopleOf(manifest) }
}

type Json = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

/** `"MIT"`, `{ "type": "MIT" }`, and lists of either, also under the old name `licenses`. */
function licenceOf(manifest: Json): string {
  const stated = list(manifest['license'] ?? manifest['licence'] ?? manifest['licenses'])
  const names = stated
    .map((entry) => (isRecord(entry) ? (entry['type'] ?? entry['name']) : entry))
    .filter((name): name is string => typeof name === 'string' && name.trim() !== '')
    .map((name) => name.trim())
  if (names.length === 0) return NO_LICENCE
  return [...new Set(names)].join(' OR ')
}

/** `"Ann <ann@example.org> (https://…)"` or `{ "name": "Ann" }`. */
function peopleOf(manifest: Json): readonly string[] {
  const people = [...list(manifest['author']), ...list(manifest['maintainers'])]
  const names = people
    .map((person) => (isRecord(person) ? person['name'] : person))
    .filter((name): name is string => typeof name === 'string')
    .map((name) => name.replace(/\s*[<(].*$/, '').trim())
  return [...new Set(names)].filter((name) => name !== '')
}
