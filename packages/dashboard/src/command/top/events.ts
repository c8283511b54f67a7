import type { Hello, Tick } from '../../live/messages'
import { textOf } from '../connection'

/** What a dashboard tells: the past when one connects, then one message a second. */
export type News = { readonly event: 'hello'; readonly data: Hello } | { readonly event: 'tick'; readonly data: Tick }

/** Reads server-sent events of a dashboard, until the connection ends. */
export async function* newsIn(response: Response): AsyncGenerator<News> {
  let rest = ''
  for await (const part of textOf(response)) {
    const blocks = (rest + part).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? []
      if (event === 'hello' || event === 'tick') yield { event, data: JSON.parse(data ?? 'null') } as News
    }
  }
}
