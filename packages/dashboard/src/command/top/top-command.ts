import { type Command, readArguments } from '../command'
import { DASHBOARD_FLAGS, DASHBOARD_HELP, dashboardOf } from '../connection'
import { EXIT } from '../fault'
import type { Io } from '../io'
import type { News } from './events'
import { frameOf, type View } from './frame'
import { Screen } from './screen'
import { firstView, Top } from './top'

const help = `Shows pools that run, as their dashboard does, in the terminal.

  genpool top <url> [options]

${DASHBOARD_HELP}      --once                print once, and end
      --json                print what the dashboard tells as JSON, a line a second

Keys: up and down choose a pool; q and Ctrl-C end it. If the connection is lost, it says so and tries again.

Examples:
  genpool top http://127.0.0.1:4000
  genpool top https://example.org/pools --pool db
  genpool top http://127.0.0.1:4000 --once --json | jq .detail.figures
`

export const topCommand: Command = {
  name: 'top',
  does: 'shows pools that run, in the terminal',
  help,
  async run(args, io) {
    const { values, positionals } = readArguments('top', args, {
      ...DASHBOARD_FLAGS,
      once: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const dashboard = dashboardOf('top', positionals, values.token, io)
    const screen = new Screen(values.once === true || values.json === true ? { ...io, isTty: false } : io)
    const show = (view: View, news: News): void =>
      values.json === true ? io.out(`${JSON.stringify(news.data)}\n`) : screen.show(frameOf(view))
    if (values.once === true) {
      const view = await firstView(dashboard, values.pool, io)
      show(view, { event: 'tick', data: view.tick })
      return EXIT.ok
    }
    await follow(new Top(dashboard, values.pool, show), io).finally(() => screen.leave())
    return EXIT.ok
  },
}

/** Until somebody has seen enough. */
async function follow(top: Top, io: Io): Promise<void> {
  const enough = new AbortController()
  const off = io.onKey((key) => {
    if (key === 'q' || key === 'escape') enough.abort()
    else if (key === 'down' || key === 'j') top.move(1)
    else if (key === 'up' || key === 'k') top.move(-1)
  })
  try {
    await top.follow(AbortSignal.any([enough.signal, io.signal]))
  } finally {
    off()
  }
}
