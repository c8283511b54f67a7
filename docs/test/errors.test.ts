import * as broker from '@genpool/broker'
import * as core from '@genpool/core'
import * as dashboard from '@genpool/dashboard'
import * as nats from '@genpool/nats'
import * as stateAne from '@genpool/state-ane'
import * as threads from '@genpool/threads'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const page = readFileSync(join(__dirname, '..', 'guide', 'errors.md'), 'utf8')
const classes = [broker, core, dashboard, nats, stateAne, threads]
  .flatMap((exported) => Object.entries(exported))
  .filter(([, value]) => typeof value === 'function' && (value as { prototype?: unknown }).prototype instanceof Error)
const names = [...new Set(classes.map(([name]) => name))].filter((name) => name !== 'GenPoolError').sort()

/** The section of an error has its name in its title, or in bold. */
const sectionOf = (name: string): string =>
  name === 'OptionsError'
    ? 'Wrong options'
    : name.replace(/Error$/, '').replace(/(?!^)([A-Z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`)

describe('the guide "Errors"', () => {
  it('has a section for each error class that is exported', () => {
    expect(names.length).toBeGreaterThan(10)
    const without = names.filter(
      (name) => !page.includes(`\n## ${sectionOf(name)}\n`) && !page.includes(`**\`${name}\`**`),
    )
    expect(without).toEqual([])
  })
})
