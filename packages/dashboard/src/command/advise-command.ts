import type { Advice, Candidate } from '../advisor/advice'
import { advise } from '../advisor/advise'
import type { Goal } from '../advisor/goal'
import { runSimulation } from '../advisor/simulation'
import type { Trace } from '../advisor/trace'
import { type Command, numberOf, readArguments } from './command'
import { EXIT, usage } from './fault'
import { ms, percent } from './format'
import { POOL_FLAGS, POOL_HELP, poolOptionsOf } from './pool-flags'
import { ProgressBar } from './progress-bar'
import { checkReport, type Report, writeReport } from './report/report'
import { TimeSeries } from './report/time-series'
import { table } from './table'
import { count, readTraffic } from './traffic'

const help = `Finds the cheapest settings that are quick enough for recorded traffic.

  genpool advise <trace.jsonl …> --p99 <ms> [options]

      --p99 <ms>            99 % of the answers must come within this time (needed)
      --max-drops <share>   the share of requests that may be lost (default 0.01)
      --max-size <n>        the greatest number of members (default 100)
      --confidence <share>  on what share of resampled traces, too (default 0.9)
      --resamples <n>       how many resampled traces (default 20)
      --seed <n>            the same seed gives the same advice (default 1)
      --threads <n>         how many threads simulate (default: all cores)
      --skip-broken         skip lines that are no requests
      --json                print the advice as JSON
      --report <file>       write plots, as .svg or .html

Settings that stay as they are:
${POOL_HELP.replace(/^.*--size.*\n/m, '')}
Examples:
  genpool advise trace.jsonl --p99 200
  genpool advise trace.jsonl --p99 200 --max-drops 0 --max-size 16 --report advice.html
  genpool advise trace.jsonl --p99 200 --json | jq .recommended.options

Exit code 3: no setting meets the goal; the text says what would.
`

const { size: _size, ...KEPT } = POOL_FLAGS

export const adviseCommand: Command = {
  name: 'advise',
  does: 'finds the settings that recorded traffic needs',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments('advise', args, {
      ...KEPT,
      p99: { type: 'string' },
      'max-drops': { type: 'string' },
      'max-size': { type: 'string' },
      confidence: { type: 'string' },
      resamples: { type: 'string' },
      seed: { type: 'string' },
      threads: { type: 'string' },
      'skip-broken': { type: 'boolean' },
      json: { type: 'boolean' },
      report: { type: 'string' },
    })
    const p99Ms = numberOf('p99', values.p99)
    if (p99Ms === undefined) throw usage('it needs a goal: --p99 200 for 200 ms. See genpool advise --help.')
    checkReport(values.report)
    const numbers = {
      maxDrops: numberOf('max-drops', values['max-drops']),
      maxSize: numberOf('max-size', values['max-size'], { whole: true, least: 1 }),
      confidence: numberOf('confidence', values.confidence),
      resamples: numberOf('resamples', values.resamples, { whole: true }),
      seed: numberOf('seed', values.seed, { whole: true }),
      threads: numberOf('threads', values.threads, { whole: true }),
    }
    const options = poolOptionsOf(values)
    const trace = readTraffic('advise', positionals, io, values['skip-broken'] === true)
    const bar = new ProgressBar(io)
    const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
    const goal: Goal = { ...given, p99Ms, options, signal: io.signal, onProgress: bar.update }
    const advice = await advise(trace, goal).finally(() => bar.end())
    io.out(values.json === true ? `${JSON.stringify(advice, null, 2)}\n` : textOf(advice))
    if (values.report !== undefined) {
      writeReport(values.report, await reportOf(trace, advice, p99Ms))
      io.err(`The report is in ${values.report}.\n`)
    }
    return advice.recommended === null ? EXIT.none : EXIT.ok
  },
}

const HEAD = ['', 'setting', ' p99', ' lost', ' member-s', ' busy', ' sure', ' in a flood']

function textOf({ recommended, candidates, says, simulations }: Advice): string {
  const paste =
    recommended === null ? '' : `\nOptions for spawnPool:\n${JSON.stringify(recommended.options, null, 2)}\n`
  const tried = table(HEAD, rowsOf(candidates, recommended))
  return `${says}\n${paste}\n${tried}\n${count(simulations, 'simulation')}. "In a flood": answered in time when twice as many come.\n`
}

function rowsOf(candidates: readonly Candidate[], recommended: Candidate | null): string[][] {
  return candidates.map((candidate) => {
    const { name, prediction, lost, confidence, flooded, meets } = candidate
    return [
      candidate === recommended ? '→' : meets ? '✓' : '✗',
      name,
      ms(prediction.latencyMs.p99),
      percent(lost),
      String(Math.round(prediction.memberSeconds)),
      percent(prediction.utilisation),
      percent(confidence),
      percent(flooded),
    ]
  })
}

async function reportOf(trace: Trace, advice: Advice, p99Ms: number): Promise<Report> {
  const { recommended, candidates, says } = advice
  const shown = recommended ?? candidates.at(-1)
  const series = new TimeSeries(trace)
  const prediction = shown === undefined ? null : await runSimulation(trace, shown.options, series)
  const plots = prediction === null ? [] : series.plots(prediction, p99Ms)
  return { title: 'genpool advise', says, head: HEAD, rows: rowsOf(candidates, recommended), plots }
}
