import { byId, setAttribute, setText } from './dom.js'

const CHOICES = /** @type {const} */ ([
  ['', '◐', 'as the system has them'],
  ['light', '○', 'light'],
  ['dark', '●', 'dark'],
])
const KEY = 'genpool-colours'

/**
 * Light or dark colours: as the system has them, unless the button says otherwise.
 *
 * @param {() => void} onChange
 */
export function startTheme(onChange) {
  const button = byId('theme')
  let chosen = Math.max(
    0,
    CHOICES.findIndex(([name]) => name === remembered()),
  )
  const apply = () => {
    const [name, shape, says] = CHOICES[chosen] ?? CHOICES[0]
    setAttribute(document.documentElement, 'data-theme', name === '' ? false : name)
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
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
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
