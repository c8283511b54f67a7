import { Posting } from '../../src/owner/posting'
import type { Thread } from '../../src/owner/thread'
import type { JobToThread, ToThread } from '../../src/protocol/messages'

/** A thread that notes the jobs of each post. */
function subject() {
  const posts: number[][] = []
  const post = (messages: readonly ToThread[]): void => {
    posts.push(messages.flatMap((message) => (message[0] === 'job' ? [message[2].id] : [])))
  }
  const posting = new Posting(
    { post, waiting: { begin: () => undefined } } as unknown as Thread,
    () => undefined,
    () => null,
  )
  const add = (id: number, isOnly: boolean): void =>
    posting.addJob(['job', 0, { id }, null] as never as JobToThread, isOnly)
  return { posts, add }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('messages for a thread', () => {
  it('that come one at a time are posted at once, from the second on', async () => {
    const { posts, add } = subject()
    add(1, true)
    expect(posts).toEqual([])
    await turn()
    add(2, true)
    expect(posts).toEqual([[1], [2]])
    add(3, true)
    expect(posts).toEqual([[1], [2], [3]])
  })

  it('that come many at a time are posted together', async () => {
    const { posts, add } = subject()
    add(1, true)
    add(2, false)
    await turn()
    add(3, true)
    add(4, false)
    expect(posts).toEqual([[1, 2]])
    await turn()
    expect(posts).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('wait for the end of the turn if their thread has others', async () => {
    const { posts, add } = subject()
    add(1, true)
    await turn()
    add(2, false)
    expect(posts).toEqual([[1]])
    await turn()
    expect(posts).toEqual([[1], [2]])
  })
})
