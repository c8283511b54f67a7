import type { Deaths } from './deaths'
import type { Ledger } from './ledger'

/** What a process has seen in which threads were killed. */
export interface Found {
  readonly seconds: number
  readonly ledger: Pick<Ledger, 'calls' | 'casts' | 'outcomes' | 'unanswered' | 'twice' | 'untrue' | 'sums'>
  readonly deaths: Deaths
  /** The texts of errors that no message has asked for: of members, and rejections in this thread that nobody awaits. */
  readonly unexpected: readonly string[]
  readonly accepted: number
  readonly settled: number
  /** Messages that are still there when all is quiet. */
  readonly left: number
  readonly threads: {
    readonly started: number
    readonly left: number
    /** Ended, and not forgotten. */ readonly kept: number
  }
  /**
   * Bytes after a collection, at the end of each tenth: of objects, and of the process. Compiled code is no object: V8 goes on to
   * compile what deaths go through.
   */
  readonly heaps: readonly number[]
  readonly resident: readonly number[]
}
