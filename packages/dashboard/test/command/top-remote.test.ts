import { frameOf } from '../../src/command/top/frame'
import type { NodeRow, RemoteDetail } from '../../src/live/messages'

const node = (id: string, rest: Partial<NodeRow> = {}): NodeRow => ({
  ...{ id, version: '0.1.0', state: 'alive', size: 4, busy: 3, waiting: 2, inFlight: 5, answered: 100 },
  ...{ answerP99: 12, roundTripP99: 1, runP99: 10, silentMs: 100, upMs: 60_000 },
  ...rest,
})

/** What a dashboard tells of a pool on other machines. */
const remote = (nodes: readonly NodeRow[], rest: object = {}): RemoteDetail =>
  ({
    ...{ kind: 'remote', id: 'orders', findings: [], marks: [], maxInFlight: 1000 },
    figures: { phase: 'running', connected: true, inFlight: 10, waiting: 1, ...rest },
    sample: { t: 0, answerP50: 3, answerP99: 12, wayP99: 1, loopMs: 0.4 },
    nodes: { total: nodes.length, shown: nodes.slice(0, 100) },
  }) as unknown as RemoteDetail

const row = { id: 'orders', findings: [], busy: 3, size: 4, waiting: 3, replied: 90, dropped: 0, errors: 0 }
const frame = (detail: RemoteDetail) =>
  frameOf({ url: 'http://127.0.0.1:4000', tick: { t: 0, rows: [row], detail }, past: [], trouble: '' }).join('\n')

describe('genpool top, of a pool on other machines', () => {
  it('shows what is in flight, and the nodes with their states', () => {
    const text = frame(remote([node('one', { state: 'doubtful' }), node('two', { answerP99: null })]))
    expect(text).toContain('nodes       2\n')
    expect(text).toContain('in flight   10 of at most 1000')
    expect(text).toMatch(/one\s+doubtful\s+3\/4\s+2\s+5\s+12/)
    expect(text).toMatch(/two\s+alive\s+3\/4\s+2\s+5\s+–/)
  })

  it('names eight nodes, and says how many more there are', () => {
    const text = frame(remote(Array.from({ length: 11 }, (_, n) => node(`node-${n}`))))
    expect(text).toContain('node-7')
    expect(text).not.toContain('node-8')
    expect(text).toContain('… and 3 more')
  })

  it('says that the connection is lost, and shows no table without nodes', () => {
    const text = frame(remote([], { connected: false }))
    expect(text).toContain('nodes       0, not connected')
    expect(text).not.toContain('answer p99')
  })
})
