import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pictures } from '../reference/ideas'

describe('the pictures of the ideas', () => {
  it('are what the code of today draws; `npm run docs:plots` draws them again', async () => {
    for (const [name, svg] of await pictures()) {
      expect([name, readFileSync(join(__dirname, '..', 'public', `${name}.svg`), 'utf8')]).toEqual([name, svg])
    }
  })
})
