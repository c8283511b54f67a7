/*
 * Draws docs/public/elastic.svg from the simulation that the tests run, after `npm run build`:
 *
 *     node -r ts-node/register packages/core/test/elastic/plot.ts
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bursts, type Course, type Moment, type Scenario, simulate } from './simulation'

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 260, 44, 32, 34]

/** A picture of the size against the load. */
export function plot({ moments }: Course, { lasts, service }: Scenario): string {
  const most = Math.max(...moments.map(({ size }) => size)) + 2
  const x = (ms: number): number => Math.round(LEFT + (ms / lasts) * (WIDTH - LEFT - 12))
  const y = (count: number): number => Math.round(HEIGHT - BOTTOM - (count / most) * (HEIGHT - BOTTOM - TOP))
  // A step where the value changes, and nothing in between: the picture stays small.
  const line = (value: (moment: Moment) => number): string => {
    const [first, last] = [moments[0] as Moment, moments.at(-1) as Moment]
    const changes = moments.filter((moment, i) => i > 0 && value(moment) !== value(moments[i - 1] as Moment))
    const steps = changes.map((moment) => `H${x(moment.ms)}V${y(value(moment))}`)
    return `M${x(first.ms)} ${y(value(first))}${steps.join('')}H${x(last.ms)}`
  }
  const ticks = (step: number, end: number): number[] =>
    Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step)
  const text = (at: string, words: string): string => `<text ${at}>${words}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Members of an elastic pool under two bursts of load</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks(5, most).map((count) => `<path d="M${LEFT} ${y(count)}H${WIDTH - 12}" stroke="#ddd"/>`),
    ...ticks(5, most).map((count) => text(`x="${LEFT - 8}" y="${y(count)}" text-anchor="end"`, String(count))),
    ...ticks(4000, lasts).map((ms) => text(`x="${x(ms)}" y="${HEIGHT - 12}" text-anchor="middle"`, `${ms / 1000} s`)),
    `<path d="${line(({ rate }) => (rate * service) / 1000)}" fill="none" stroke="#999" stroke-width="2"/>`,
    `<path d="${line(({ busy }) => busy)}" fill="none" stroke="#9cc9f0"/>`,
    `<path d="${line(({ size }) => size)}" fill="none" stroke="#0b62a8" stroke-width="2"/>`,
    text(`x="${LEFT}" y="20" fill="#0b62a8"`, 'members'),
    text(`x="${LEFT + 70}" y="20" fill="#5a9bd0"`, 'busy'),
    text(`x="${LEFT + 120}" y="20" fill="#777"`, 'needed on average (arrivals × service time)'),
    '</svg>\n',
  ].join('\n')
}

async function main(): Promise<void> {
  writeFileSync(join(__dirname, '../../../../docs/public/elastic.svg'), plot(await simulate(bursts), bursts))
}

if (require.main === module) void main()
