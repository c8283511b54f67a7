import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecipeProcess } from './support/processes'

const pages = join(__dirname, '..', '..', 'docs', 'recipes')

/** What the page of a recipe says that it prints. */
function printedIn(name: string): string {
  const page = readFileSync(join(pages, `${name}.md`), 'utf8')
  return [...page.matchAll(/^```text\n([^]*?)^```$/gm)].map(([, text]) => text).join('')
}

/** Figures differ from run to run. */
const withoutFigures = (text: string): string[] =>
  text
    .trim()
    .replace(/\d+(\.\d+)?/g, '#')
    .split('\n')

/** The lines that do not differ, and what figures must be in any run. */
const claims: Readonly<Record<string, readonly RegExp[]>> = {
  postgres: [/^50 orders added$/m, /^50 refused/m, /^tea 42: 42$/m, /^0 connections after drain$/m],
  'outgoing-api': [/^60 prices/m, /"too many requests" [1-9]/],
  tenants: [/held back: \d+ of "loud"/, /loud: 504 of 800 served$/m],
  cache: [
    /^1000 callers, 1 load, 999 shared it$/m,
    /^100000 hits: 1 load,/m,
    /: 3 loads$/m,
    /has 1000$/m,
  ],
  'batched-writes': [/^4 answers, 0 members replaced$/m],
  rooms: [/^(\{"members":\["ada"\],"said":\d+\})\n.*\n\1$/m],
  'large-file': [/^map: 30000 orders, 1 lines are wrong, at most (\d\d|100) lines in hand$/m],
  'job-queue': [/^99 invoices are sent$/m, /^sent again: 100 invoices/m],
  'cpu-threads': [/^The pictures are the same\.$/m],
}

describe.each(Object.keys(claims))('the recipe %s', (name) => {
  it('prints what its page says', async () => {
    const { stdout, status } = await new RecipeProcess(name).ended()
    expect(withoutFigures(stdout)).toEqual(withoutFigures(printedIn(name)))
    for (const claim of claims[name]!) expect(stdout).toMatch(claim)
    expect(status).toBe(0)
  })
})
