export { type ContractBehaviour, contractBehaviour } from './contract/contract-behaviour'
export { workerContract } from './contract/worker-contract'
export type { WorkerContractSettings, WorkerLaw } from './contract/worker-law'
export type { Workers, WorkerSetup, WorkerSubject } from './contract/worker-run'
export { type Law, queueContract, type QueueSubject } from '@genpool/broker/testing'
export { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
export { storeContract, type StoreLaw } from '@genpool/state-ane/testing'
export { type Job, type ScriptedMembers, scriptedMembers } from './scripted-member'
export {
  type ScriptedJob,
  type ScriptedWorker,
  type ScriptedWorkers,
  scriptedWorkers,
  type ScriptedWorkersSetup,
} from './scripted-workers'
