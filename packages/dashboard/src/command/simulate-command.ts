import { lostShare } from '../advisor/search/verdict'
import type { Prediction } from '../advisor/prediction'
import { runSimulation, type SimulatedOptions } from '../advisor/simulation'
import { type Command, readArguments } from './command'
import { EXIT } from './fault'
import { ms, percent } from './format'
import { POOL_FLAGS, POOL_HELP, poolOptionsOf } from './pool-flags'
import { checkReport, writeReport } from './report/report'
import { TimeSeries } from './report/time-series'
import { table } from './table'
import { count, readTraffic } from './traffic'

const help = `Predicts what would become of recorded traffic with other settings.

  genpool simulate <trace.jsonl …> [options]

${POOL_HELP}      --skip-broken         skip lines that are no requests
      --json                print the prediction as JSON
      --report <file>       write plots, as .svg or .html

Examples:
  genpool simulate trace.jsonl --size 8
  genpool simulate trace.jsonl --size 2..16 --queue codel --target 20 --interval 200
  genpool simulate trace.jsonl trace.jsonl.1 --size 8 --report simulation.html
`

export const simulateCommand: Command = {
  name: 'simulate',
  does: 'predicts what other settings would do to recorded traffic',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments('simulate', args, {
      ...POOL_FLAGS,
      'skip-broken': { type: 'boolean' },
      json: { type: 'boolean' },
      report: { type: 'string' },
    })
    checkReport(values.report)
    const options = poolOptionsOf(values)
    const trace = readTraffic('simulate', positionals, io, values['skip-broken'] === true)
    const series = new TimeSeries(trace)
    const prediction = await runSimulation(trace, options, series)
    const rows = rowsOf(prediction)
    if (values.json === true) io.out(`${JSON.stringify({ options, prediction }, null, 2)}\n`)
    else io.out(table(HEAD, rows))
    if (values.report !== undefined) {
      const says = `${count(trace.requests.length, 'request')} of the pool "${trace.pool}" with ${describe(options)}.`
      const report = { title: 'genpool simulate', says, head: HEAD, rows, plots: series.plots(prediction) }
      writeReport(values.report, report)
      io.err(`The report is in ${values.report}.\n`)
    }
    return EXIT.ok
  },
}

const HEAD = ['', ' predicted']

function describe(options: SimulatedOptions): string {
  return Object.keys(options).length === 0 ? 'the default options' : JSON.stringify(options)
}

/** A prediction as a table for people. */
function rowsOf(prediction: Prediction): string[][] {
  const { requests, replied, drops, errors, latencyMs, waitMs, utilisation, wasted, memberSeconds, sizes } = prediction
  const most = sizes.reduce((max, { size }) => Math.max(max, size), 0)
  const least = sizes.reduce((min, { size }) => Math.min(min, size), most)
  return [
    ['requests', String(requests)],
    ['answered', `${replied}`],
    ['lost', percent(lostShare(prediction))],
    ...Object.entries(drops).map(([reason, n]) => [`  dropped: ${reason}`, String(n)]),
    ...Object.entries(errors).map(([code, n]) => [`  ${code}`, String(n)]),
    ['latency p50', ms(latencyMs.p50)],
    ['latency p99', ms(latencyMs.p99)],
    ['latency max', ms(latencyMs.max)],
    ['wait p50', ms(waitMs.p50)],
    ['wait p99', ms(waitMs.p99)],
    ['members', least === most ? String(most) : `${least} to ${most}`],
    ['member-seconds', String(Math.round(memberSeconds))],
    ['busy', percent(utilisation)],
    ['wasted work', percent(wasted)],
  ]
}
