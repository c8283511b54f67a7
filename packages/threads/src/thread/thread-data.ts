import type { MessagePort } from 'node:worker_threads'
import type { Boot } from '../loading/loader'
import type { ModuleSetup } from '../loading/load-module'

/** What a thread is started with. */
export interface ThreadData {
  readonly boot: Boot
  readonly module: ModuleSetup
  readonly port: MessagePort
  readonly memory: SharedArrayBuffer
  /** How long it stays awake without work, in milliseconds. */
  readonly stayAwake: number
  /** The user's own. */
  readonly workerData: unknown
}
