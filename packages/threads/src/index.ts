export { type BehaviourOf, threads } from './threads'
export { type ThreadOptions, threadOptions } from './options'
export { transfer, type Transferable } from './values/transfer'
