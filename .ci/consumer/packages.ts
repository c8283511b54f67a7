// The compiler reads each declaration that one of these leads to. Left out: `nats`, since the declarations of NATS' own client have
// faults under these options, and `testing`, which needs fast-check.
export * as broker from '@genpool/broker'
export * as core from '@genpool/core'
export * as elsewhere from '@genpool/core/elsewhere'
export * as dashboard from '@genpool/dashboard'
export * as runtime from '@genpool/runtime'
export * as state from '@genpool/state-ane'
export * as threads from '@genpool/threads'
