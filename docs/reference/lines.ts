import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLines } from './source-links'

/** `npm run docs:lines`: sets the line of each link into the source, after the source has changed. */
const root = join(__dirname, '..', '..')
const page = join(root, 'docs/guide/how-it-works.md')
writeFileSync(page, withLines(root, readFileSync(page, 'utf8')))
