import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const SAMPLE = /^([a-z_]+)\{([a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*)\} (\d+(?:\.\d+)?)$/

describe('examples/prometheus.ts', () => {
  it('serves its metrics in the text format, and explains the pool', async () => {
    const args = ['-r', './.ci/register.cjs', join('examples', 'prometheus.ts')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(__dirname, '..') })
    const [metrics = '', explanation = ''] = stdout.split('\nPool "printers":\n')
    const values = new Map<string, number>()
    const types = new Map<string, string>()
    for (const line of metrics.split('\n').filter((each) => each !== '' && !each.startsWith('# HELP '))) {
      const [, name, type] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line) ?? []
      if (name !== undefined && type !== undefined) {
        types.set(name, type)
        continue
      }
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      const family = sample.replace(/_(bucket|sum|count)$/, '')
      expect([line, types.has(sample) || types.get(family) === 'histogram']).toEqual([line, true])
      values.set(`${sample}{${labels}}`, Number(value))
    }
    const buckets = [...values]
      .filter(([key]) => key.startsWith('genpool_run_seconds_bucket'))
      .map(([, value]) => value)
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
    expect(values.get('genpool_run_seconds_count{pool="printers"}')).toBe(buckets.at(-1))
    expect(values.get('genpool_requests_total{pool="printers",outcome="replied"}')).toBeGreaterThan(0)
    expect(explanation).toContain('paper jam')
  })
})
