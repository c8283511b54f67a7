import type { Tick } from '../../live/messages'
import { duration, rate } from '../format'
import { table } from '../table'
import { membersOf, nodesOf, poolFigures, remoteFigures } from './detail-lines'

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
    ...(detail.kind === 'pool' ? poolFigures(detail) : remoteFigures(detail)),
    ...(past.length > 1
      ? [`  throughput  ${sparkline(past.slice(-60))}  last ${duration(Math.min(60, past.length) * 1000)}`]
      : []),
    ...findings(tick),
    '',
    ...(detail.kind === 'pool' ? membersOf(detail) : nodesOf(detail)),
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

function findings({ detail: { findings } }: Tick): string[] {
  return findings.flatMap(({ finding, says, advice }) => (finding === 'calm' ? [] : [`  ! ${says}`, `    ${advice}`]))
}

function sparkline(values: readonly (number | null)[]): string {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0)
  return values
    .map((value) => (value === null ? ' ' : BARS[most === 0 ? 0 : Math.round((value / most) * (BARS.length - 1))]))
    .join('')
}
