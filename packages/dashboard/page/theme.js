import { byId, setAttribute, setText } from './dom.js'

const DARK_SYSTEM = '(prefers-color-scheme: dark)'
/** What is remembered, what the button shows and says, and the media for which dark.css holds. */
const CHOICES = /** @type {const} */ ([
  ['', '◐', 'as the system has them', DARK_SYSTEM],
  ['light', '○', 'light', 'not all'],
  ['dark', '●', 'dark', 'all'],
])
const KEY = 'genpool-colours'

/**
 * Light or dark colours: as the system has them, unless the button says otherwise.
 *
 * @param {() => void} onChange
 */
export function startTheme(onChange) {
  const button = byId('theme')
  const dark = byId('dark')
  let chosen = Math.max(
    0,
    CHOICES.findIndex(([name]) => name === remembered()),
  )
  const apply = () => {
    const [, shape, says, media] = CHOICES[chosen] ?? CHOICES[0]
    setAttribute(dark, 'media', media)
    setText(button, shape)
    setAttribute(button, 'aria-label', `Colours: ${says}`)
    button.title = `Colours: ${says}`
    onChange()
  }
  button.addEventListener('click', () => {
    chosen = (chosen + 1) % CHOICES.length
    remember(CHOICES[chosen]?.[0] ?? '')
    apply()
  })
  matchMedia(DARK_SYSTEM).addEventListener('change', onChange)
  // A light page does not wait for the dark colours: they may come after they were chosen.
  dark.addEventListener('load', onChange)
  apply()
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}

/** @param {string} name */
function remember(name) {
  try {
    localStorage.setItem(KEY, name)
  } catch {
    // A browser that keeps nothing shows the colours of the system next time.
  }
}
