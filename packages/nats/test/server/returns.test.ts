import { definePool, pause, type PoolRef, reply, resume, spawnPool } from '@genpool/core'
import { unbegunSignals } from '@genpool/core/elsewhere'
import { type ActorSystemRef, start, stop } from 'nact'
import { Kind, openFrame, setMayReturn } from '../../src/wire/frames'
import { sentFrame, smallEndpoint } from '../support/endpoint'
import { until } from '../support/until'

const Work = definePool({ calls: { work: () => reply('done') } })

let system: ActorSystemRef
beforeEach(() => (system = start()))
afterEach(() => stop(system))

/** An endpoint over a pool that is paused with calls that wait, and what it sends. */
function made() {
  const sent: [string, number][] = []
  const state = { isPaused: false, returns: 0 }
  const pool = spawnPool(system, Work, undefined, { size: 1 })
  const endpoint = smallEndpoint(pool, {
    epoch: () => state.returns,
    isPaused: () => state.isPaused,
    unbegun: () => unbegunSignals(pool as PoolRef),
    gaveKeyBack: () => void state.returns++,
    said: () => sentFrame(0, { epoch: state.returns }, Kind.load),
    publish: (subject, data) => void sent.push([subject, openFrame(data).kind]),
  })
  const halt = (): void => {
    pause(pool)
    state.isPaused = true
  }
  return { endpoint, sent, state, pool, halt }
}

const frame = (given: { key?: unknown; again?: boolean; epoch?: number; stays?: boolean } = {}): Uint8Array => {
  const { stays = false, ...header } = given
  const made = sentFrame({ type: 'work' }, { budgetMs: 60_000, ...header })
  setMayReturn(made, !stays)
  return made
}

describe('a paused node', () => {
  it('gives back what comes, if its sender allows that, and has it again if it is sent again', async () => {
    const { endpoint, sent, pool, halt } = made()
    halt()
    endpoint.receive({ data: frame(), reply: 'a' })
    expect(sent).toEqual([['a', Kind.load]])
    // Its sender has not heard that.
    endpoint.receive({ data: frame({ again: true }), reply: 'a' })
    endpoint.receive({ data: frame({ stays: true }), reply: 'b' })
    expect([endpoint.running, endpoint.counts.returned, sent.length]).toEqual([2, 1, 1])
    resume(pool)
    await until(() => sent.length === 3, 'both are answered')
    expect(sent.slice(1)).toEqual([
      ['a', Kind.answer],
      ['b', Kind.answer],
    ])
  })

  it('gives back what waits, except what has come twice: its sender would not listen', async () => {
    const { endpoint, sent, pool } = made()
    pause(pool)
    for (const reply of ['a', 'b', 'c']) endpoint.receive({ data: frame(), reply })
    endpoint.receive({ data: frame({ again: true }), reply: 'b' })
    expect(endpoint.running).toBe(3)
    endpoint.giveBack()
    await until(() => sent.length === 2, 'two are given back')
    expect(sent).toEqual([
      ['a', Kind.load],
      ['c', Kind.load],
    ])
    expect([endpoint.running, endpoint.counts.returned]).toEqual([1, 2])
    expect([endpoint.stateOf('a'), endpoint.stateOf('b')]).toEqual(['answered', 'running'])
    resume(pool)
    await until(() => sent.length === 3, 'the other one is answered')
    expect(sent[2]).toEqual(['b', Kind.answer])
  })

  it('has another epoch when it has given a message of a key back: later ones of that key may not overtake it', () => {
    const { endpoint, sent, state, halt, pool } = made()
    halt()
    endpoint.receive({ data: frame({ key: 'k', epoch: 0 }), reply: 'a' })
    resume(pool)
    state.isPaused = false
    endpoint.receive({ data: frame({ key: 'k', epoch: 0 }), reply: 'b' })
    expect(sent).toEqual([
      ['a', Kind.load],
      ['b', Kind.load],
    ])
    expect(state.returns).toBe(1)
  })
})
