import { type Before, figure, type Figure, rate, type Row } from '../measure'
import type { Race, Rival } from './race'
import type { Rates } from './rounds'

/** One round of one row, in operations per second. */
interface Lap {
  readonly ours: number
  readonly before: number | null
  readonly theirs: number
}

/** The rounds of one race against one of its rivals. */
export interface Laps {
  readonly all: readonly Lap[]
  /** How many rounds do not count, because the rival failed in them. */
  readonly failed: number
}

/** What one process measured, of a race against one of the rivals that took part. */
export function lapsOf({ ours, before, theirs }: Rates, place: number): Laps {
  const all = ours.flatMap((mine, round) => {
    const other = theirs[place]![round]!
    return other === null ? [] : [{ ours: mine, before: before?.[round] ?? null, theirs: other }]
  })
  return { all, failed: ours.length - all.length }
}

/** What several processes measured. */
export function joined(laps: readonly Laps[]): Laps {
  return { all: laps.flatMap(({ all }) => all), failed: laps.reduce((sum, { failed }) => sum + failed, 0) }
}

export function titleOf(race: Race, rival: Rival): string {
  return `${race.title} / ${rival.name}`
}

/** A row, of what its processes measured alone and beside the others. */
export function rowOf(race: Race, rival: Rival, alone: Laps, mixed: Laps | null): Row {
  const laps = alone.all
  const beside = mixed?.all ?? null
  const { atLeast, aim } = rival
  const ratio = ({ ours, theirs }: Lap): number => (race.compares === 'time' ? theirs / ours : ours / theirs)
  const spread = figure(laps.map(ratio))
  const rates = [figure(laps.map(({ ours }) => ours)), figure(laps.map(({ theirs }) => theirs))].map((each) =>
    rate(each.median),
  )
  return {
    title: titleOf(race, rival),
    value: spread.median,
    unit: '×',
    atLeast,
    aim,
    better: race.compares === 'time' ? 'less' : 'more',
    detail: `${rates[0]}/s; ${rates[1]}/s${lossOf(rival, alone.failed + (mixed?.failed ?? 0))}`,
    spread,
    mixed: beside === null ? undefined : figure(beside.map(ratio)),
    before: beforeOf(laps, beside),
  }
}

function lossOf({ name }: Rival, failed: number): string {
  return failed === 0 ? '' : `; ${failed} rounds do not count: ${name} failed in them`
}

function beforeOf(laps: readonly Lap[], beside: readonly Lap[] | null): Before | undefined {
  const of = (all: readonly Lap[]): Figure | null => {
    const ratios = all.flatMap(({ ours, before }) => (before === null ? [] : [ours / before]))
    return ratios.length === 0 ? null : figure(ratios)
  }
  const old = laps.flatMap(({ before }) => (before === null ? [] : [before]))
  if (old.length === 0) return undefined
  return {
    today: figure(laps.map(({ ours }) => ours)).median,
    before: figure(old).median,
    alone: of(laps),
    mixed: beside === null ? null : of(beside),
  }
}
