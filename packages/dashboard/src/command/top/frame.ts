import type { Tick } from '../../live/messages'
import { duration, ms, percent, rate } from '../format'
import { table } from '../table'

/** What one look at a dashboard shows. */
export interface View {
  readonly url: string
  readonly tick: Tick
  /** The last throughputs of the chosen pool, a second each; null where there was none. */
  readonly past: readonly (number | null)[]
  /** Why it does not show the present; empty if it does. */
  readonly trouble: string
}

const BARS = '▁▂▃▄▅▆▇█'
const MOST_MEMBERS = 8

/** A frame as lines: all pools, and below them the chosen one. */
export function frameOf({ url, tick, past, trouble }: View): string[] {
  const { rows, detail } = tick
  const inTrouble = rows.filter(({ findings }) => findings.some((name) => name !== 'calm')).length
  const state = trouble !== '' ? `! ${trouble}` : inTrouble > 0 ? `${inTrouble} in trouble` : 'all calm'
  return [
    `genpool top · ${url} · ${rows.length} ${rows.length === 1 ? 'pool' : 'pools'} · ${state}`,
    '',
    ...pools(tick),
    '',
    `${detail.id}${lifeOf(tick)}`,
    ...figures(tick),
    ...(past.length > 1
      ? [`  throughput  ${sparkline(past.slice(-60))}  last ${duration(Math.min(60, past.length) * 1000)}`]
      : []),
    ...findings(tick),
    '',
    ...members(tick),
  ]
}

function pools({ rows, detail }: Tick): string[] {
  const head = ['', 'pool', ' busy', ' waiting', ' replied', ' dropped', ' errors', 'what limits it']
  const lines = rows.map(({ id, findings, busy, size, waiting, replied, dropped, errors }) => [
    id === detail.id ? '›' : '',
    id,
    `${busy}/${size}`,
    String(waiting),
    rate(replied),
    rate(dropped),
    rate(errors),
    findings.filter((name) => name !== 'calm').join(', '),
  ])
  return table(head, lines).trimEnd().split('\n')
}

function lifeOf({ detail: { figures } }: Tick): string {
  return figures.phase === 'running' ? '' : ` (${figures.phase})`
}

function figures({ detail: { sample, figures, waits, bounds } }: Tick): string[] {
  const value = (name: string): string => (typeof sample[name] === 'number' ? ms(sample[name]) : '–')
  const size = bounds === null ? `${figures.size}` : `${figures.size} (${bounds.min} to ${bounds.max})`
  const busy = figures.size === 0 ? 0 : figures.members.busy / figures.size
  const [first] = waits.oldest
  const oldest = first === undefined ? '' : `, the oldest for ${ms(first.waitedMs)}`
  return [
    `  wait        p50 ${value('waitP50')}, p99 ${value('waitP99')}`,
    `  run         p50 ${value('runP50')}, p99 ${value('runP99')}`,
    `  members     ${size}, ${percent(busy)} busy`,
    `  waiting     ${figures.waiting}${oldest}`,
    `  event loop  ${value('loopMs')} late`,
  ]
}

function findings({ detail: { findings } }: Tick): string[] {
  return findings.flatMap(({ finding, says, advice }) => (finding === 'calm' ? [] : [`  ! ${says}`, `    ${advice}`]))
}

function members({ detail: { members } }: Tick): string[] {
  const busiest = [...members.shown].sort((a, b) => b.forMs - a.forMs).slice(0, MOST_MEMBERS)
  if (busiest.length === 0) return []
  const rows = busiest.map(({ name, status, does, forMs, handled, stuck }) => [
    name,
    stuck ? 'stuck' : status,
    does,
    does === '' ? '' : ms(forMs),
    String(handled),
  ])
  const more = members.total - busiest.length
  const lines = table(['member', 'state', 'does', ' for', ' handled'], rows).trimEnd().split('\n')
  return more > 0 ? [...lines, `… and ${more} more`] : lines
}

function sparkline(values: readonly (number | null)[]): string {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0)
  return values
    .map((value) => (value === null ? ' ' : BARS[most === 0 ? 0 : Math.round((value / most) * (BARS.length - 1))]))
    .join('')
}
