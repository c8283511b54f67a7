import { workerData } from 'node:worker_threads'
import type { Trace } from '../trace'
import { type PackedTrace, unpack } from './packed-trace'
import { type Result, runTrial, type Trial } from './trial'

/*
 * What the threads of a search load. The thread simulates and does nothing else.
 */

let trace: Trace | null = null

export default function trial(task: Trial): Promise<Result> {
  trace ??= unpack((workerData as { readonly trace: PackedTrace }).trace)
  return runTrial(trace, task)
}
