import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, Clients, countBy } from './support/clients'
import { RecipeProcess } from './support/processes'

/** What the recipe says at its end that it has done. */
interface Done {
  readonly made: number
  readonly mailed: number
}

describe.each(['fastify', 'express'])('the recipe %s', (name) => {
  let server: RecipeProcess
  let clients: Clients
  beforeAll(async () => {
    server = new RecipeProcess(name, { PORT: '0', NOT_READY_MS: '2000' })
    const [, address = ''] = await server.printed(/listening on (\S+)/)
    clients = new Clients(address)
  })
  afterAll(() => {
    clients.close()
    server.kill('SIGKILL')
  })
  /** Each report and mail that a client was promised. */
  const promised = { reports: 0, mails: 0 }
  const ask = async (path: string, method = 'GET'): Promise<Answer> => {
    const answer = await clients.ask(path, { method })
    if (answer.status === 200) promised.reports++
    if (answer.status === 202) promised.mails++
    return answer
  }

  it('answers 200, and 202 for what is done later', async () => {
    expect(await ask('/reports/7')).toMatchObject({
      status: 200,
      body: '{"id":"7","rows":["row of 7"]}',
    })
    expect(await ask('/reports/7/mail', 'POST')).toMatchObject({ status: 202 })
  })

  it('answers 404 for what is not there', async () => {
    expect(await ask('/other')).toMatchObject({ status: 404 })
  })

  it('answers 504 when it takes too long', async () => {
    expect(await ask('/reports/slow')).toMatchObject({ status: 504 })
  })

  it('does nothing more for a client that is gone', async () => {
    await clients.hangUp('/reports/slow')
    const { body } = await clients.until('/pool', ({ body }) => JSON.parse(body).outcomes.cancelled > 0)
    expect(JSON.parse(body)).toMatchObject({
      outcomes: { cancelled: 1, crashed: 0 },
      members: { busy: 0 },
    })
  })

  it('answers 503 with Retry-After when there is too much work', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, (_, id) => ask(`/reports/${id}`)))
    const refused = answers.filter(({ status }) => status !== 200)
    // On a slow machine some take too long.
    const busy = refused.filter(({ status }) => status !== 504)
    expect(Object.keys(countBy(busy, ({ status }) => status))).toEqual(['503'])
    expect(refused.length).toBeLessThan(300)
    for (const { headers } of busy) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })

  it('loses nothing on SIGTERM', async () => {
    let ready = true
    const answers: Answer[] = []
    const client = async (id: number): Promise<void> => {
      while (ready) {
        answers.push(await ask(`/reports/${id}`), await ask(`/reports/${id}/mail`, 'POST'))
      }
    }
    const load = Array.from({ length: 20 }, (_, id) => client(id))
    await wait(300)
    server.kill('SIGTERM')
    // A load balancer sends requests until it sees that the server is not ready: within NOT_READY_MS, also on a slow machine.
    await clients.until('/ready', ({ status }) => status === 503)
    ready = false
    await Promise.all(load) // no connection was broken

    const { stdout, stderr, status } = await server.ended()
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(answers.length).toBeGreaterThan(40)
    for (const answer of answers) expect([200, 202, 503]).toContain(answer.status)
    const done = JSON.parse(/done: (.+)/.exec(stdout)?.[1] ?? '{}') as Done
    expect(done).toEqual({ made: promised.reports, mailed: promised.mails })
  })
})

describe.each(['fastify', 'express'])('the recipe %s, when its clients go on sending', (name) => {
  let server: RecipeProcess
  let clients: Clients
  beforeAll(async () => {
    server = new RecipeProcess(name, { PORT: '0', NOT_READY_MS: '500' })
    const [, address = ''] = await server.printed(/listening on (\S+)/)
    clients = new Clients(address)
  })
  afterAll(() => {
    clients.close()
    server.kill('SIGKILL')
  })

  it('ends on SIGTERM: they have to connect again, and cannot', async () => {
    const answers: Answer[] = []
    /** Each keeps its connection and is hardly ever idle, until it gets no connection. */
    const client = async (id: number): Promise<unknown> => {
      for (;;) {
        try {
          answers.push(await clients.ask(`/reports/${id}`))
        } catch (error) {
          return (error as NodeJS.ErrnoException).code
        }
      }
    }
    const busy = Array.from({ length: 8 }, (_, id) => client(id))
    await clients.until('/pool', ({ body }) => JSON.parse(body).outcomes.replied > 8)
    server.kill('SIGTERM')
    const { stderr, status } = await server.ended()
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    // One that connects, or sends, at the very moment of the end may be cut off.
    for (const code of await Promise.all(busy)) expect(['ECONNREFUSED', 'ECONNRESET']).toContain(code)
    const { made } = JSON.parse(/done: (.+)/.exec((await server.ended()).stdout)?.[1] ?? '{}') as Done
    expect(made).toBeGreaterThanOrEqual(answers.filter(({ status }) => status === 200).length)
  })
})
