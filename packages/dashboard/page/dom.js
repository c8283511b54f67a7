/*
 * Small ways to change the page. Text is always set as text: names come from messages, and could be anything.
 */

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Readonly<Record<string, string | boolean>>} [attributes] true for an attribute without a value, false for none
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value)
  element.append(...children)
  return element
}

/**
 * The element of the page with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no #${id}.`)
  return element
}

/**
 * Sets the text of an element, and leaves it alone if it has it: nothing is announced, selected text stays.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | boolean} value
 */
export function setAttribute(element, name, value) {
  const wanted = value === true ? '' : value
  if (wanted === false) element.removeAttribute(name)
  else if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted)
}

/**
 * Makes the children of an element those of a list: each item keeps its element, so that the focus stays where it is.
 *
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, create: (item: T) => HTMLElement, update: (element: HTMLElement, item: T) => void }} how
 */
export function showList(parent, items, { key, create, update }) {
  /** @type {Map<string | undefined, HTMLElement>} */
  const old = new Map(
    [...parent.children].map((child) => [
      /** @type {HTMLElement} */ (child).dataset['key'],
      /** @type {HTMLElement} */ (child),
    ]),
  )
  let place = parent.firstElementChild
  for (const item of items) {
    const name = key(item)
    const known = old.get(name)
    const element = known ?? create(item)
    if (known === undefined) element.dataset['key'] = name
    old.delete(name)
    update(element, item)
    if (element === place) place = place.nextElementSibling
    else parent.insertBefore(element, place)
  }
  for (const element of old.values()) element.remove()
}
