export { storeContract } from './contract/contract'
export { type ContractOptions, type StoreFactory, type StoreLaw } from './contract/law'
export { slowStore } from './slow-store'
