export { type Clock, type Nanos, NS_PER_MS, systemClock, type Timer } from './clock'
export {
  CancelledError,
  type ErrorCode,
  ExpiredError,
  GenPoolError,
  isGenPoolError,
  OptionsError,
  round,
  StoppedError,
} from './errors'
export { parseOptions } from './options'
