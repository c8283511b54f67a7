import { compilerSays } from './compiler-says'
import { DEFINITIONS, RECIPES } from './definition-slips'
import { OPTIONS } from './option-slips'
import { REQUESTS } from './request-slips'
import { PRELUDE, QUERY } from './slips'

const SLIPS = [...OPTIONS, ...REQUESTS, ...RECIPES]
const said = compilerSays(PRELUDE, [...SLIPS.map(({ code }) => code), ...DEFINITIONS.map(({ code }) => code), QUERY])

describe('what the compiler says', () => {
  it.each(SLIPS.map((slip, index) => ({ ...slip, said: said[index] ?? [] })))(
    'to $slip names what is wrong',
    ({ said, at, says }) => {
      expect(said).toEqual([{ at, text: expect.any(String) as string }])
      for (const part of says) expect(said[0]?.text).toContain(part)
      expect(said[0]?.text).not.toMatch(/overload|type 'never'/)
    },
  )

  it.each(DEFINITIONS.map((slip, index) => ({ ...slip, said: said[SLIPS.length + index] ?? [] })))(
    'to $slip names what is wrong, and no other form of definePool',
    ({ said, at, says }) => {
      expect(said).toEqual([{ at, text: expect.any(String) as string }])
      for (const part of says) expect(said[0]?.text).toContain(part)
      expect(said[0]?.text).not.toMatch(/Overload 1|type 'never'|PlainFunction/)
    },
  )

  it('to a query of an unknown type names the known ones', () => {
    // nact's own form of `query` is listed, too.
    expect(said.at(-1)).toEqual([{ at: 'type', text: expect.stringContaining(`Did you mean '"sell"'?`) as string }])
  })
})
