import type { Said } from '../../src/nodes/said'

/** What a node says of itself. */
export const said = (id: string, more: Partial<Said> = {}): Said => ({
  id,
  version: '1.0.0',
  size: 8,
  idle: 8,
  waiting: 0,
  inHand: 0,
  oldestWaitMs: 0,
  runMs: 10,
  runP99Ms: 20,
  upMs: 60_000,
  everyMs: 1000,
  epoch: 0,
  leaving: false,
  ...more,
})
