import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api'
import type { Figure, PoolElsewhere } from '../api/elsewhere'

/** The metrics of a pool that runs elsewhere: what its address here knows, read at each collection. */
export class MeasuresElsewhere {
  readonly #observables: ReadonlyMap<string, Observable>
  readonly #observe: (result: BatchObservableResult) => void

  constructor(
    pool: Pick<PoolElsewhere, 'figures'>,
    private readonly meter: Meter,
    attributes: Attributes,
  ) {
    const observables = (this.#observables = new Map(
      pool.figures().map((figure) => [figure.name, observableOf(meter, figure)]),
    ))
    this.#observe = (result) => {
      for (const { name, values } of pool.figures()) {
        const observable = observables.get(name)
        if (observable === undefined) continue
        for (const [value, more] of values) result.observe(observable, value, { ...attributes, ...more })
      }
    }
    meter.addBatchObservableCallback(this.#observe, [...observables.values()])
  }

  end(): void {
    this.meter.removeBatchObservableCallback(this.#observe, [...this.#observables.values()])
  }
}

function observableOf(meter: Meter, { name, kind, description, unit }: Figure): Observable {
  const options = { description, ...(unit === undefined ? {} : { unit }) }
  return kind === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options)
}
