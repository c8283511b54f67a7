/* Writes the pictures of docs/guide/ideas.md into docs/public. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pictures } from './ideas'

void pictures().then((drawn) => {
  for (const [name, svg] of drawn) writeFileSync(join(__dirname, '..', 'public', `${name}.svg`), svg)
})
