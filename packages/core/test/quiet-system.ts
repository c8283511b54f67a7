/** As `virtual-system`, but the crashes of its actors print nothing. */
export { clock, system } from './virtual-system'

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  jest.restoreAllMocks()
})
