export { type BehaviourOf, threads } from './threads'
export { type ThreadOptions, threadOptions } from './options'
export { transfer } from './values/transfer'
