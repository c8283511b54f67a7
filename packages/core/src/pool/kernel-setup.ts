import type { BrokerRef, EngineOptions } from '@genpool/broker'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import type { Remedies } from '../requests/remedies'
import type { Request } from '../requests/request'
import type { WorkerFactory } from '../work/worker'
import type { Host, Recorder, Supervision } from './ports'
import type { Sizing } from './fixed-size'
import type { Settings } from './settings'

/** What a kernel is made of. */
export interface KernelSetup {
  readonly host: Host
  readonly behaviour: CompiledBehaviour
  readonly settings: Settings
  /** Options of a broker of its own, or one that runs already. */
  readonly broker: { readonly own: EngineOptions } | { readonly shared: BrokerRef<never, never> }
  readonly recorder: Recorder
  /** Default: a crash fails its requests, and a failed start stops the pool. */
  readonly supervision?: Supervision | undefined
  /** What errors say about causes: read with the first of them. Default: nothing. */
  readonly views?: { readonly remedies: Remedies } | undefined
  /** Makes the workers; undefined for workers in this thread. */
  readonly workers: WorkerFactory<Request> | undefined
  readonly sizing: Sizing
}
