import { type Waiting } from './waiting'

/** Finds waiting requests by tag, so that `cancel` does not search the queue. Requests without a tag cost nothing. */
export class TagIndex<E extends Waiting> {
  /** One request, or several that share a tag, in order of arrival. Made with the first tag. */
  #byTag: Map<unknown, E | Set<E>> | null = null

  add(entry: E): void {
    if (entry.tag !== undefined) this.#add(entry)
  }

  delete(entry: E): void {
    if (entry.tag !== undefined) this.#delete(entry)
  }

  #add(entry: E): void {
    const { tag } = entry
    const byTag = (this.#byTag ??= new Map())
    const present = byTag.get(tag)
    if (present === undefined) byTag.set(tag, entry)
    else if (present instanceof Set) present.add(entry)
    else byTag.set(tag, new Set([present, entry]))
  }

  #delete(entry: E): void {
    const { tag } = entry
    const byTag = this.#byTag
    const present = byTag?.get(tag)
    if (present === entry) byTag?.delete(tag)
    else if (present instanceof Set && present.delete(entry) && present.size === 0) byTag?.delete(tag)
  }

  /** The waiting requests with this tag. */
  get(tag: unknown): readonly E[] {
    const present = this.#byTag?.get(tag)
    return present === undefined ? [] : present instanceof Set ? [...present] : [present]
  }
}
