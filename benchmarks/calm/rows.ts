import { type Before, figure, type Figure, rate, type Row } from '../measure'
import type { Race, Rival } from './race'
import type { Rates } from './rounds'

/** One round of one row, in operations per second. */
export interface Lap {
  readonly ours: number
  readonly before: number | null
  readonly theirs: number
}

/** The rounds of one race against one of the rivals that took part. */
export function lapsOf({ ours, before, theirs }: Rates, place: number): Lap[] {
  return ours.map((mine, round) => ({ ours: mine, before: before?.[round] ?? null, theirs: theirs[place]![round]! }))
}

export function titleOf(race: Race, rival: Rival): string {
  return `${race.title} / ${rival.name}`
}

/** A row, of what its processes measured alone and beside the others. */
export function rowOf(race: Race, rival: Rival, laps: readonly Lap[], beside: Lap[] | null): Row {
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
    detail: `${rates[0]}/s; ${rates[1]}/s`,
    spread,
    mixed: beside === null ? undefined : figure(beside.map(ratio)),
    before: beforeOf(laps, beside),
  }
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
