import type { Finding } from '@genpool/core'
import { optionAt } from './diff'
import { showOption } from './show-option'

/** What a button offers to do about a finding: a new value for an option, which a person may still change. */
export interface Proposal {
  readonly option: string
  /** The value now, as text. */
  readonly now: string
  readonly value: number | boolean
}

/** Half as much again: members and limits are best raised in steps, with a look at the plots between them. */
const RAISE = 1.5
const STUCK_AFTER_MS = 10_000
/** Twenty times what nearly all runs take. */
const TIMES_USUAL = 20

/** The change that a finding asks for; null if its option is no number, or if no option helps. */
export function proposalFor({ option, figures }: Finding, options: unknown): Proposal | null {
  // How long a silent node may be so is no remedy for it.
  if (option === null || option === 'silentAfter') return null
  const now = optionAt(options, option)
  if (option === 'paused') return { option, now: showOption(now), value: false }
  if (typeof now !== 'number') return null
  const value = raised(option, now, figures)
  return value === null ? null : { option, now: showOption(now), value }
}

function raised(option: string, now: number, figures: Finding['figures']): number | null {
  // Too short a time replaces members that only work long.
  if (option === 'stuckAfter') {
    const usual = Number(figures['runP99Ms'] ?? 0)
    const value = Math.max(STUCK_AFTER_MS, Math.ceil((usual * TIMES_USUAL) / 1000) * 1000)
    return value < now ? value : null
  }
  if (!Number.isFinite(now)) return null
  return option === 'timeout' || option.endsWith('target')
    ? Math.max(1, now * 2)
    : Math.max(now + 1, Math.ceil(now * RAISE))
}
