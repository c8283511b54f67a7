import { Mute } from '../../src/server/mute'

/** What NATS does with a message, in the order in which they are published. */
type Fate = 'taken' | 'refused'
const ERROR = new Error('Permissions Violation')

/** A node at a server that tells what it has refused when the node asks whether all was read. */
function node() {
  const told: boolean[] = []
  const fates: [string, Fate][] = []
  let changes = 0
  let isConnected = true
  const mute: Mute = new Mute({
    wasRead: async () => {
      await Promise.resolve()
      for (const [subject, fate] of fates.splice(0)) if (fate === 'refused') mute.refused(subject, ERROR)
      return isConnected
    },
    refused: (_error, isMute) => void told.push(isMute),
    changed: () => void changes++,
  })
  const publish = (subject: string, ...those: Fate[]): void => {
    for (const fate of those) {
      mute.published(subject)
      fates.push([subject, fate])
    }
  }
  /** NATS tells of one refusal by itself. */
  const tells = async (): Promise<void> => {
    const next = fates.findIndex(([, fate]) => fate === 'refused')
    const [subject] = fates.splice(0, next + 1).at(-1) as [string, Fate]
    mute.refused(subject, ERROR)
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
  return { mute, told, publish, tells, changes: () => changes, cut: () => void (isConnected = false) }
}

describe('an inbox to which a node may not publish', () => {
  it('is mute if NATS refuses all that goes there', async () => {
    const { mute, told, publish, tells, changes } = node()
    publish('_INBOX.a.1', 'refused', 'refused')
    publish('_INBOX.a.2', 'refused')
    await tells()
    expect(mute.has('_INBOX.a.7')).toBe(true)
    expect(mute.has('_INBOX.b.1')).toBe(false)
    expect([told, changes()]).toEqual([[true], 1])
  })

  it('is not mute if one message got through: NATS may allow one answer to each request, or an early one', async () => {
    const { mute, told, publish, tells, changes } = node()
    for (let i = 0; i < 10; i++) {
      publish(`_INBOX.a.${i}`, 'taken', 'refused', 'refused')
      await tells()
    }
    expect(mute.inboxes).toEqual([])
    expect(told).toEqual(Array(10).fill(false))
    expect(changes()).toBe(0)
  })

  it('is mute from then on when the permission is taken away', async () => {
    const { mute, publish, tells } = node()
    publish('_INBOX.a.1', 'taken', 'taken', 'refused')
    await tells()
    expect(mute.inboxes).toEqual([])
    publish('_INBOX.a.2', 'refused')
    await tells()
    expect(mute.inboxes).toEqual(['_INBOX.a.'])
  })

  it('is mute no more when NATS takes the answer to a question', async () => {
    const { mute, told, publish, tells, changes } = node()
    publish('_INBOX.a.1', 'refused')
    await tells()
    publish('_INBOX.a.2', 'refused')
    await tells()
    expect([mute.inboxes, changes()]).toEqual([['_INBOX.a.'], 1])
    publish('_INBOX.a.3', 'taken')
    for (let i = 0; i < 5; i++) await Promise.resolve()
    expect([mute.inboxes, changes()]).toEqual([[], 2])
    expect(told).toEqual([true])
  })

  it('is as it was if the connection is lost meanwhile, and after that nothing is known', async () => {
    const { mute, told, publish, tells, cut } = node()
    cut()
    publish('_INBOX.a.1', 'refused')
    await tells()
    expect([mute.inboxes, told]).toEqual([[], []])
    mute.forget()
    mute.refused('_INBOX.a.1', ERROR)
    for (let i = 0; i < 5; i++) await Promise.resolve()
    expect([mute.inboxes, told]).toEqual([[], []])
  })

  it('is none of this node: another one of its process has published there', () => {
    const { mute } = node()
    mute.refused('_INBOX.other.1', ERROR)
    expect(mute.inboxes).toEqual([])
  })
})
