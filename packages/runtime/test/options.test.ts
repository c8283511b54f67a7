import { type OptionsError, parseOptions } from '@genpool/runtime'
import { z } from 'zod'

const schema = z.strictObject({
  size: z.number().int().positive().default(5),
  broker: z.strictObject({ client: z.strictObject({ max: z.number().optional() }).prefault({}) }).prefault({}),
  state: z.union([z.literal('shared'), z.strictObject({ commit: z.enum(['retry', 'update']) })]).optional(),
})
const failure = (input: unknown): OptionsError => {
  try {
    parseOptions(schema, input, 'options of pool "x"')
  } catch (error) {
    return error as OptionsError
  }
  throw new Error('it was accepted')
}

describe('parseOptions', () => {
  it('gives the defaults', () => {
    expect(parseOptions(schema, {}, 'options')).toEqual({ size: 5, broker: { client: {} } })
  })

  it('names an unknown key, the accepted ones, what was meant and where', () => {
    expect(failure({ sise: 5 }).message).toBe(
      'The options of pool "x" are wrong; nothing was changed.\n' +
        '  at the top: unknown key "sise" (did you mean "size"?). Accepted keys: broker, size, state',
    )
  })

  it('finds the accepted keys of nested objects and of unions', () => {
    expect(failure({ broker: { client: { maximum: 1 } } }).message).toContain(
      'at broker.client: unknown key "maximum". Accepted keys: max',
    )
    expect(failure({ state: { mode: 'retry', commit: 'retry' } }).message).toContain('at state')
  })

  it('says where in an alternative the fault is', () => {
    expect(failure({ state: { commit: 'rety' } }).message).toContain('commit: Invalid')
  })

  it('lists every fault with its path, and carries them as data', () => {
    const error = failure({ size: -1, broker: 7 })
    expect(error.code).toBe('ERR_GENPOOL_OPTIONS')
    expect(error.issues.map((issue) => issue.path)).toEqual([['size'], ['broker']])
  })
})
