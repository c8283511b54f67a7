import { Mute } from '../../src/server/mute'

/** What NATS does with a message, in the order in which they are published. */
type Fate = 'taken' | 'refused'
const ERROR = new Error('Permissions Violation')

/** A node at a server that tells what it has refused when the node asks whether all was read. */
function node() {
  const told: boolean[] = []
  const fates: [string, Fate][] = []
  const requests = new Map<string, 'running' | 'answered'>()
  let changes = 0
  let isConnected = true
  const tellAll = (): void => {
    for (const [subject, fate] of fates.splice(0)) if (fate === 'refused') mute.refused(subject, ERROR)
  }
  const mute: Mute = new Mute({
    wasRead: async () => {
      await Promise.resolve()
      tellAll()
      return isConnected
    },
    stateOf: (subject) => requests.get(subject),
    refused: (_error, isMute) => void told.push(isMute),
    changed: () => void changes++,
    lost: () => undefined,
  })
  const says = async (subject: string, fate: Fate): Promise<void> => {
    mute.said(subject)
    fates.push([subject, fate])
    for (let i = 0; i < 5; i++) await Promise.resolve()
    tellAll()
  }
  const answers = (subject: string, fate: Fate, state: 'running' | 'answered' = 'answered'): void => {
    requests.set(subject, state)
    if (fate === 'refused') mute.refused(subject, ERROR)
  }
  return { mute, told, says, answers, changes: () => changes, cut: () => void (isConnected = false) }
}

describe('a client whose answer NATS refuses', () => {
  it('is told of it, and is mute if the next question is not answered either', async () => {
    const { mute, told, says, answers, changes } = node()
    await says('_INBOX.a.-0', 'taken')
    answers('_INBOX.a.1', 'refused')
    expect(mute.inboxes).toEqual([])
    expect(mute.takeLost()).toEqual(['_INBOX.a.1'])
    expect(mute.takeLost()).toEqual([])
    await says('_INBOX.a.-1', 'refused')
    expect(mute.has('_INBOX.a.7')).toBe(true)
    expect(mute.has('_INBOX.b.1')).toBe(false)
    expect([told, changes()]).toEqual([[false, true], 1])
  })

  it('is not mute if the next question is answered: NATS may allow one answer to each request, or an early one', async () => {
    const { mute, told, says, answers, changes } = node()
    for (let i = 0; i < 10; i++) {
      answers(`_INBOX.a.${i}`, 'refused')
      expect(mute.takeLost()).toEqual([`_INBOX.a.${i}`])
      await says(`_INBOX.a.-${i}`, 'taken')
    }
    expect(mute.inboxes).toEqual([])
    expect(told).toEqual(Array(10).fill(false))
    expect(changes()).toBe(0)
  })

  it('is not told of a progress: its request still runs', () => {
    const { mute, told, answers } = node()
    answers('_INBOX.a.1', 'refused', 'running')
    expect([mute.takeLost(), told]).toEqual([[], [false]])
  })

  it('gets the answers that are lost in parts if there are many, each once', () => {
    const { mute, answers } = node()
    for (let i = 0; i < 150; i++) for (let times = 0; times < 2; times++) answers(`_INBOX.a.${i}`, 'refused')
    expect([mute.takeLost().length, mute.takeLost().length, mute.takeLost().length]).toEqual([100, 50, 0])
  })
})

describe('an inbox to which a node may not publish', () => {
  it('is mute if two questions are not answered, the second of which came when the first was told', async () => {
    const { mute, told, says } = node()
    await says('_INBOX.a.-', 'refused')
    expect([mute.inboxes, mute.takeLost(), told]).toEqual([[], ['_INBOX.a.-'], []])
    await says('_INBOX.a.-', 'refused')
    expect([mute.inboxes, told]).toEqual([['_INBOX.a.'], [true]])
  })

  it('is not mute if both came before that was told: NATS may have got both answers too late', async () => {
    const { mute, says } = node()
    await says('_INBOX.a.-0', 'refused')
    await says('_INBOX.a.-1', 'refused')
    expect(mute.inboxes).toEqual([])
  })

  it('is not mute if one of two answers to the same question got through', async () => {
    const { mute, says } = node()
    await says('_INBOX.a.-', 'refused')
    mute.takeLost()
    await Promise.all([says('_INBOX.a.-', 'taken'), says('_INBOX.a.-', 'refused')])
    expect(mute.inboxes).toEqual([])
  })

  it('is mute no more when NATS takes the answer to a question', async () => {
    const { mute, told, says, answers, changes } = node()
    await says('_INBOX.a.-0', 'refused')
    mute.takeLost()
    for (let i = 1; i < 3; i++) await says(`_INBOX.a.-${i}`, 'refused')
    expect([mute.inboxes, changes()]).toEqual([['_INBOX.a.'], 1])
    answers('_INBOX.a.1', 'refused')
    expect(mute.takeLost()).toEqual([])
    await says('_INBOX.a.-4', 'taken')
    expect([mute.inboxes, changes()]).toEqual([[], 2])
    expect(told).toEqual([true])
  })

  it('is as it was if the connection is lost meanwhile, and after that nothing is known', async () => {
    const { mute, told, says, cut } = node()
    await says('_INBOX.a.-0', 'refused')
    mute.takeLost()
    cut()
    await says('_INBOX.a.-1', 'refused')
    expect([mute.inboxes, told]).toEqual([[], []])
    mute.forget()
    mute.refused('_INBOX.a.-1', ERROR)
    expect([mute.inboxes, mute.takeLost(), told]).toEqual([[], [], []])
  })

  it('is not mute by what was refused before the connection was lost, if that is known only after the next question', async () => {
    const { mute, says } = node()
    await says('_INBOX.a.-', 'refused')
    mute.takeLost()
    mute.said('_INBOX.a.-')
    mute.refused('_INBOX.a.-', ERROR)
    mute.forget()
    await says('_INBOX.a.-', 'taken')
    expect(mute.inboxes).toEqual([])
  })

  it('is none of this node: another one of its process has published there', () => {
    const { mute, told } = node()
    mute.refused('_INBOX.other.1', ERROR)
    expect([mute.inboxes, mute.takeLost(), told]).toEqual([[], [], []])
  })
})
