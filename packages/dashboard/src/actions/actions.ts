import {
  configure,
  drain,
  inspect,
  isGenPoolError,
  pause,
  type PoolChanges,
  type PoolRef,
  previewChanges,
  resume,
} from '@genpool/core'
import { type Change, OptionsError, showValue } from '@genpool/runtime'
import { isRemote } from '../remote-figures'
import { changesFrom, type DiffLine } from './diff'
import { showOption } from './show-option'

/** What became of an action: the diff, or why nothing was changed. */
export type ActionResult =
  { readonly ok: true; readonly diff: readonly DiffLine[] } | { readonly ok: false; readonly error: string }

/** How long a pool that a visitor drains may take before it is stopped. */
const DRAIN_WITHIN = 60_000

type Action = (pool: PoolRef, changes: unknown) => readonly DiffLine[]

const ACTIONS: Readonly<Record<string, Action>> = {
  /** Says what would change. */
  preview: (pool, changes) => shown(previewChanges(pool, changes as PoolChanges)),
  configure: (pool, changes) => shown(configure(pool, changes as PoolChanges)),
  pause: (pool) => (pause(pool), []),
  resume: (pool) => (resume(pool), []),
  drain: (pool) => {
    refuseElsewhere(pool)
    void drain(pool, { within: DRAIN_WITHIN }).catch(() => undefined)
    return []
  },
}

const shown = (changes: readonly Change[]): readonly DiffLine[] =>
  changes.map(({ path, from, to }) => ({ path, from: showOption(from), to: showOption(to) }))

/** Does what a visitor asks for. Never throws: what is wrong becomes a sentence for the page. */
export function act(pool: PoolRef, { action, changes }: { action?: unknown; changes?: unknown }): ActionResult {
  const found = typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (found === undefined) {
    return {
      ok: false,
      error: `There is no action ${showValue(action)}; there are ${Object.keys(ACTIONS).join(', ')}.`,
    }
  }
  const plain = changesFrom(changes ?? {})
  if (plain === undefined) return { ok: false, error: 'The changes must be an object of options, as for configure.' }
  try {
    return { ok: true, diff: found(pool, plain) }
  } catch (error) {
    if (isGenPoolError(error)) return { ok: false, error: error.message }
    throw error
  }
}

/**
 * Of a pool that runs elsewhere, `drain` would end only the address in this process: this process could not call it any more, while its
 * nodes go on. Nobody who looks at the page wants that.
 */
function refuseElsewhere(pool: PoolRef): void {
  const figures: unknown = inspect(pool)
  if (!isRemote(figures)) return
  const message = `pool ${showValue(figures.name)} runs elsewhere: this would only cut off this process, and its nodes would go on for all others`
  const instead = 'Drain it where it runs, for example on the dashboards of its nodes'
  throw new OptionsError(`drain does not work here: ${message}. ${instead}.`, [{ path: ['pool'], message }])
}
