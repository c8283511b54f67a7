/*
 * Writes docs/reference/options.md from the exported schemas of the packages: those with names that end in "Options"; and
 * docs/reference/requests.md from the types of the options of requests.
 * With `--check` it writes nothing, and fails if a file differs from what it would write.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as broker from '@genpool/broker'
import * as core from '@genpool/core'
import * as dashboard from '@genpool/dashboard'
import * as nats from '@genpool/nats'
import * as runtime from '@genpool/runtime'
import * as state from '@genpool/state-ane'
import * as threads from '@genpool/threads'
import { z } from 'zod'
import { renderOptions, type Source } from './render'
import { renderRequests } from './requests'

function sourceOf(name: string, exported: object): Source {
  const schemas = Object.entries(exported).filter(
    (entry): entry is [string, z.ZodType] => entry[0].endsWith('Options') && entry[1] instanceof z.ZodType,
  )
  return { name, schemas: new Map(schemas.sort(([a], [b]) => a.localeCompare(b))) }
}

const options = renderOptions([
  sourceOf('@genpool/core', core),
  sourceOf('@genpool/broker', broker),
  sourceOf('@genpool/state-ane', state),
  sourceOf('@genpool/threads', threads),
  sourceOf('@genpool/nats', nats),
  sourceOf('@genpool/runtime', runtime),
  sourceOf('@genpool/dashboard', dashboard),
])

for (const [name, text] of [
  ['options.md', options],
  ['requests.md', renderRequests()],
] as const) {
  const file = join(__dirname, name)
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`docs/reference/${name} differs from its source. Run \`npm run docs:options\` and commit the file.`)
    process.exitCode = 1
  }
}
