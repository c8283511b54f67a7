export { runSpans } from './elsewhere'
export { instrument, type InstrumentOptions } from './instrument'
