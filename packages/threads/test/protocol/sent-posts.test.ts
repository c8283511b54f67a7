import { SentPosts } from '../../src/protocol/sent-posts'

describe('posts to the other side', () => {
  it('are there by their numbers until the other side has read them', () => {
    const posts = new SentPosts()
    for (let i = 1; i <= 4; i++) posts.add([i], 0)
    expect([0, 1, 4, 5].map((number) => posts.at(number))).toEqual([undefined, [1], [4], undefined])
    posts.letGo(2)
    expect([2, 3, 4].map((number) => posts.at(number))).toEqual([undefined, [3], [4]])
    posts.add([5], 4)
    expect([4, 5].map((number) => posts.at(number))).toEqual([undefined, [5]])
    posts.letGo(5)
    expect(posts.isEmpty).toBe(true)
  })

  it('may be read before they are noted', () => {
    const posts = new SentPosts()
    posts.add([1], 1)
    posts.letGo(1)
    posts.add([2], 1)
    expect([1, 2].map((number) => posts.at(number))).toEqual([undefined, [2]])
  })
})
