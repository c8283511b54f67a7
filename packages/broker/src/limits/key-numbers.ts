/** The least number of an idle key. A key in use has a negative number. */
export const LEAST = 2

/** Where the numbers of keys are kept. */
export interface Numbers {
  /** All positive numbers below it are those of keys that are over. */
  first: number
  /** Idle keys get other numbers; 0 if they are over. */
  renumber(renumber: (number: number) => number): void
}
