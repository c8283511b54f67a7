import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, type Row } from '../measure'
import { type Content, contents } from './contents'

/** The bytes of one, by how many there are. */
export interface Footprint {
  readonly title: string
  readonly bytes: readonly (readonly [number, number])[]
}

interface Memory {
  readonly footprints: readonly Footprint[]
  readonly rows: readonly Row[]
}

const REPEATS = 3
/** Of fewer, what there is once would hide what each costs. */
const LEAST = 1000

/** Measures the memory of each content whose title contains `only`, each n in processes of its own. */
export function memory(quick: boolean, only: string): Memory {
  const measured = contents.flatMap((content, index) => {
    const { title, most } = content
    if (!title.includes(only)) return []
    process.stderr.write(`  growth: memory of ${title}\n`)
    const bytes: [number, number][] = []
    for (let n = LEAST; n <= (quick ? 10_000 : most); n *= 10) bytes.push([n, bytesOfEach(index, n)])
    const footprint = { title, bytes }
    return [{ footprint, rows: rowsOf(content, footprint) }]
  })
  return { footprints: measured.map(({ footprint }) => footprint), rows: measured.flatMap(({ rows }) => rows) }
}

function bytesOfEach(index: number, n: number): number {
  // A large n says the same each time.
  return median(Array.from({ length: n > 10_000 ? 1 : REPEATS }, () => inChild(index, n)))
}

function inChild(index: number, n: number): number {
  const args = [
    '--expose-gc',
    '--max-old-space-size=8000',
    join(__dirname, 'memory-child.js'),
    String(index),
    String(n),
  ]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (stdout === '' || !Number.isFinite(Number(stdout)))
    throw new Error(`the memory of ${n} × "${contents[index]!.title}" was not measured: ${stderr}`)
  return Number(stdout)
}

function rowsOf({ title, bars }: Content, { bytes }: Footprint): Row[] {
  if (bars === null) return []
  const [n, value] = bytes.at(-1)!
  const detail = `one of ${n.toLocaleString('en')}`
  return [{ title: `memory of ${title}`, value, unit: 'B', atLeast: bars[0], aim: bars[1], better: 'less', detail }]
}
