import { getOptions, inspect } from '@genpool/core'
import { request } from 'node:http'
import { ask } from './ask'
import { pool, resize, serve, statusOf, token } from './served'

/* eslint-disable @typescript-eslint/no-explicit-any -- pools of any protocol */

describe('a dashboard that may write', () => {
  const write = { token, write: true }

  it('changes options for whoever knows the token, and says what changed', async () => {
    const url = await serve(write)
    expect(JSON.parse((await ask(`${url}act`, resize(5))).body)).toEqual({
      ok: true,
      diff: [{ path: 'size', from: '2', to: '5' }],
    })
    expect(inspect(pool).size).toBe(5)
    const { Authorization: _none, ...stranger } = resize(7).headers as Record<string, string>
    expect(await statusOf(`${url}act`, { ...resize(7), headers: stranger })).toBe(401)
    expect(inspect(pool).size).toBe(5)
  })

  it('takes nothing from pages of other sites', async () => {
    const url = await serve(write)
    const from = (headers: Record<string, string>) =>
      ask(`${url}act`, { ...resize(9), headers: { ...resize(9).headers, ...headers } })
    expect((await from({ Origin: 'https://evil.example' })).status).toBe(403)
    expect((await from({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    // What a form of another site could send without asking.
    expect((await from({ 'Content-Type': 'text/plain' })).status).toBe(415)
    expect(inspect(pool).size).toBe(2)
  })

  it('changes nothing if a change is wrong, and says what is', async () => {
    const url = await serve(write)
    const post = async (asked: unknown): Promise<[number, any]> => {
      const { status, body } = await ask(`${url}act`, {
        ...resize(0),
        body: typeof asked === 'string' ? asked : JSON.stringify(asked),
      })
      return [status, JSON.parse(body)]
    }
    const before = { ...getOptions(pool) }
    const configure = (changes: unknown) => post({ pool: 'work', action: 'configure', changes })
    expect(await configure({ size: -1 })).toEqual([422, { ok: false, error: expect.stringContaining('at size') }])
    expect(await configure({ sice: 3 })).toEqual([422, { ok: false, error: expect.stringContaining('"sice"') }])
    expect(await configure([3])).toEqual([422, { ok: false, error: expect.stringContaining('object of options') }])
    expect((await post('{"pool":"work","action":"configure","changes":{"__proto__":{"size":3}}}'))[0]).toBe(422)
    expect((await post({ pool: 'work', action: 'constructor' }))[0]).toBe(422)
    expect((await post({ pool: 'work', action: { toString: 1 } }))[0]).toBe(422)
    expect((await post({ pool: 'work', action: ['pause'] }))[0]).toBe(422)
    expect((await post({ pool: 'other', action: 'pause' }))[0]).toBe(404)
    expect(await post('{')).toEqual([400, { ok: false, error: expect.stringContaining('no JSON') }])
    expect(await post('null')).toEqual([400, { ok: false, error: expect.stringContaining('an object') }])
    expect(await post(`"${'x'.repeat(100_000)}"`)).toEqual([
      413,
      { ok: false, error: expect.stringContaining('64 KB') },
    ])
    for (const changes of [{ size: 1e9 }, { size: -1 }, { sice: 3 }]) {
      const wrong = [422, { ok: false, error: expect.stringContaining(Object.keys(changes)[0]!) }]
      expect(await post({ pool: 'work', action: 'preview', changes })).toEqual(wrong)
    }
    expect(await post({ pool: 'work', action: 'preview', changes: { size: 3 } })).toEqual([
      200,
      { ok: true, diff: [{ path: 'size', from: '2', to: '3' }] },
    ])
    expect(getOptions(pool)).toEqual(before)
  })

  it('reads no more of a body than 64 KB', async () => {
    const url = new URL(await serve(write))
    const asked = resize(5)
    const sent = request({ port: url.port, host: url.hostname, path: '/act', method: 'POST', headers: asked.headers! })
    const answered = new Promise<number>((resolve, reject) => {
      sent.once('response', (response) => resolve(response.statusCode!))
      sent.once('error', reject)
    })
    // Never ends.
    sent.write('x'.repeat(70_000))
    expect(await answered).toBe(413)
    sent.destroy()
  })

  it('takes "Infinity" for the number, which JSON does not have', async () => {
    const url = await serve(write)
    const body = JSON.stringify({ pool: 'work', action: 'configure', changes: { timeout: 'Infinity' } })
    expect(await statusOf(`${url}act`, { ...resize(0), body })).toBe(200)
    expect(getOptions(pool).timeout).toBe(Infinity)
  })

  it('pauses, resumes and drains', async () => {
    const url = await serve(write)
    const act = (action: string) => ask(`${url}act`, { ...resize(0), body: JSON.stringify({ pool: 'work', action }) })
    await act('pause')
    expect(inspect(pool).paused).toBe(true)
    await act('resume')
    expect(inspect(pool).paused).toBe(false)
    await act('drain')
    expect(['draining', 'stopped']).toContain(inspect(pool).phase)
    expect(JSON.parse((await act('pause')).body)).toEqual({ ok: false, error: expect.stringContaining('work') })
  })
})
