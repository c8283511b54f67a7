import type { SizePolicy } from '../../pool/ports'
import { type ElasticPorts, ElasticSize } from './elastic-size'
import type { CheckedSizeOptions } from './size-options'

/** What a size needs of its pool. */
export interface SizePorts extends ElasticPorts {
  /** Sets the policy that decides the size from now on; undefined for a fixed size. */
  setSizePolicy(policy: SizePolicy | undefined): void
  /** Whether members may start: the shared state exists. */
  readonly populated: boolean
}

/** Makes the size elastic while the options say so. */
export class Size {
  #elastic: ElasticSize | null = null

  constructor(private readonly pool: SizePorts) {}

  /** @param size the options of an elastic size; otherwise the size is fixed */
  configure(size: number | CheckedSizeOptions | undefined): void {
    if (typeof size !== 'object') return this.#fix()
    if (this.#elastic !== null) return this.#elastic.configure(size)
    this.#elastic = new ElasticSize(size, this.pool)
    this.pool.setSizePolicy(this.#elastic)
    if (this.pool.populated) this.#elastic.populate(0)
  }

  #fix(): void {
    if (this.#elastic === null) return
    this.#elastic.end()
    this.#elastic = null
    this.pool.setSizePolicy(undefined)
  }
}
