import Table from 'cli-table3'
import type { Growth } from '../growth'
import type { Group } from '../growth/operations'
import { markdown, picture, replaceSection } from './page'
import { plot } from './plot'
import { inMs, shown } from './values'

const SIZES = [1000, 10_000, 100_000, 1_000_000]
const [HEAD, ...COLUMNS] = ['n', ...SIZES.map((n) => n.toLocaleString('en').replaceAll(',', ' '))]

/** Prints the times and the memory by n. */
export function printGrowth(growth: Growth): void {
  const times = new Table({ head: ['Growth', ...COLUMNS, 'factor'], style: { head: [], border: [] } })
  times.push(...timeCells(growth))
  const bytes = new Table({ head: ['Memory of', ...COLUMNS], style: { head: [], border: [] } })
  bytes.push(...byteCells(growth))
  console.log(`${times.toString()}\n${bytes.toString()}`)
}

/** Writes the growth section of the page, with its plots. */
export function writeGrowth(growth: Growth): void {
  const groups = [...new Set(growth.times.map(({ group }) => group))]
  const memory = plot({
    title: 'memory of one, when there are n',
    y: 'bytes',
    series: growth.footprints.map(({ title, bytes }) => ({ name: title, points: bytes })),
  })
  replaceSection('growth', [
    ...groups.map((group) => timePicture(growth, group)),
    markdown([`operation, ${HEAD} =`, ...COLUMNS, 'factor'], timeCells(growth)),
    picture('growth-memory', 'memory of one by n', memory),
    markdown([`memory of, ${HEAD} =`, ...COLUMNS], byteCells(growth)),
  ])
}

function timePicture({ times }: Growth, group: Group): string {
  const series = times
    .filter((each) => each.group === group)
    .map(({ title, ms }) => ({
      name: title,
      points: ms.map(([n, { median }]) => [n, (median * 1000) / n] as const),
    }))
  const svg = plot({ title: `${group}: time of n, divided by n`, y: 'µs each', series })
  return picture(`growth-${group.replaceAll(' ', '-')}`, `${group}: time of n, divided by n`, svg)
}

function timeCells({ times }: Growth): string[][] {
  return times.map(({ title, ms, factor }) => [
    title,
    ...SIZES.map((size) => {
      const measured = ms.find(([n]) => n === size)?.[1]
      return measured === undefined ? '–' : inMs(measured.median)
    }),
    Number.isNaN(factor) ? '–' : factor.toFixed(1),
  ])
}

function byteCells({ footprints }: Growth): string[][] {
  return footprints.map(({ title, bytes }) => [
    title,
    ...SIZES.map((size) => {
      const each = bytes.find(([n]) => n === size)?.[1]
      return each === undefined ? '–' : shown({ unit: 'B', better: 'more' }, each)
    }),
  ])
}
