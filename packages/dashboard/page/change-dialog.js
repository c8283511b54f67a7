/** @import { ActionResult } from '../src/actions/actions' */
import { byId, make, setText } from './dom.js'

/**
 * A change before it is made.
 *
 * @typedef {object} Change
 * @property {string} pool
 * @property {string} title
 * @property {'configure' | 'pause' | 'resume' | 'drain'} action
 * @property {string} says what it does, as a sentence
 * @property {string} button
 * @property {{ option: string, value: number } | undefined} [edit] an option whose new value can still be changed
 */

/**
 * Posts an action. Never rejects: what went wrong is a sentence.
 *
 * @param {{ pool: string, action: string, changes?: object }} request
 * @returns {Promise<ActionResult>}
 */
async function post(request) {
  try {
    const response = await fetch('act', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
    })
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json')
    return isJson ? await response.json() : { ok: false, error: await response.text() }
  } catch {
    return { ok: false, error: 'The process did not answer. Nothing is known to have changed.' }
  }
}

/**
 * Shows what a change would do, as a diff of options, and makes it once it is confirmed.
 *
 * @param {Change} change
 */
export function openChange({ pool, title, action, says, button, edit }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('dialog'))
  const input = make('input', {
    type: 'number',
    min: '1',
    step: 'any',
    value: String(edit?.value ?? ''),
    name: 'value',
  })
  const diff = make('pre', { class: 'diff', 'aria-label': 'What changes' })
  const error = make('p', { class: 'error', role: 'alert' })
  const apply = make('button', { type: 'submit', class: 'primary' }, button)
  const cancel = make('button', { type: 'button' }, 'Cancel')
  const form = make(
    'form',
    { method: 'dialog' },
    make('h2', { id: 'dialog-title' }, title),
    make('p', {}, says),
    ...(edit === undefined ? [] : [make('label', {}, `${edit.option} `, input), diff]),
    error,
    make('div', { class: 'buttons' }, apply, cancel),
  )
  const changes = () => (edit === undefined ? {} : nested(edit.option, Number(input.value)))
  let asked = 0
  const preview = async () => {
    if (edit === undefined) return
    const question = ++asked
    const result = await post({ pool, action: 'preview', changes: changes() })
    // Something else has been typed since.
    if (question !== asked) return
    const changed = result.ok ? result.diff : []
    setText(error, result.ok ? '' : result.error)
    diff.replaceChildren(
      ...changed.flatMap(({ path, from, to }) => [
        make('del', {}, `- ${path}: ${from}\n`),
        make('ins', {}, `+ ${path}: ${to}\n`),
      ]),
    )
    apply.disabled = changed.length === 0
  }
  input.addEventListener('input', () => void preview())
  cancel.addEventListener('click', () => dialog.close())
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const result = await post({ pool, action, changes: changes() })
    if (result.ok) dialog.close()
    else setText(error, result.error)
  })
  dialog.replaceChildren(form)
  void preview()
  dialog.showModal()
  if (edit !== undefined) input.select()
}

/**
 * The options that set one of them: `broker.client.max` is inside of two.
 *
 * @param {string} option
 * @param {unknown} value
 * @returns {object}
 */
function nested(option, value) {
  return /** @type {object} */ (option.split('.').reduceRight((inner, key) => ({ [key]: inner }), value))
}
