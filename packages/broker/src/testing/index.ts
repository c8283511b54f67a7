export { type ContractSettings, type FastCheckModule, type Law } from './contract/law'
export { queueContract } from './contract/queue-contract'
export { Probe, type QueueSubject } from './contract/queue-run'
