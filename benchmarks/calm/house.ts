import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as core from '@genpool/core'
import * as states from '@genpool/state-ane'
import * as nact from 'nact'
import type { ActorSystemRef } from 'nact'

/** The packages of one commit, with an actor system of their own. */
export interface House {
  readonly core: typeof core
  readonly states: typeof states
  readonly system: ActorSystemRef
  /** nact's own, without its types: they leave the sender out. */
  readonly dispatch: (to: unknown, message: unknown, sender?: unknown) => void
  readonly query: (to: unknown, message: unknown, timeout: number) => Promise<number>
  readonly spawn: (parent: unknown, f: unknown, name?: string) => unknown
}

/** The packages that are installed here. */
export function today(): House {
  return houseOf(core, states, nact)
}

/** The packages that are built in another worktree. They use its own nact, so nothing is shared. */
export function builtIn(root: string): House {
  const from = createRequire(join(root, 'packages', 'core', 'package.json'))
  // By folder, so "main" of each commit decides which file is loaded.
  return houseOf(from('./') as typeof core, from('../state-ane/') as typeof states, from('nact') as typeof nact)
}

function houseOf(core: House['core'], states: House['states'], library: typeof nact): House {
  const { start, dispatch, query, spawn } = library as unknown as Record<string, (...args: unknown[]) => unknown>
  return { core, states, system: start!(), dispatch, query, spawn } as unknown as House
}
