/*
 * How `definePool` infers the state first and the handlers after it, so that a recipe knows the state in each way to write a handler.
 *
 * TypeScript looks at a function only once. One whose parameters all have types is looked at before anything is inferred: its
 * `reply(1, (draft) => …)` would see no state, and `draft` would be `any` for good. So
 *
 * 1. the first overload of `definePool` gives such a function no type to follow. Its body then waits until its result is asked for;
 * 2. the second infers the handlers without their results (`InferOnly`), and the state from `init` alone (`NoInfer`);
 * 3. once the state is known, `ResultsOf` asks for the results, at the one place where the bodies see what they have to follow.
 *
 * The state is not known that early if `init` has a parameter without a type, or is generic. Then the last overload infers all at once.
 */

/** Lets `X` be inferred from what is given, and is nothing (`unknown`) once `X` is known. */
export type InferOnly<X> = [X, X] extends [0, 1] ? X : unknown

/** Infers `F` from a function, which has to be an `H`. */
export type Inferred<F, H> = InferOnly<F> & NoInfer<H>

/** Infers `C` from a map of functions, each of which has to be an `H`. */
export type InferredMap<C, H> = { readonly [T in keyof C]: Inferred<C[T], H> }

/** Nothing (`unknown`) if the state is known, else `never`. Makes the compiler look at the results of all functions in `C`. */
export type ResultsOf<S, C> = unknown extends S ? never : Nothing<{ readonly [T in keyof C]: ResultOf<C[T]> }[keyof C]>

type ResultOf<F> = F extends AnyFunction<infer R> | { readonly handle: AnyFunction<infer R> } ? R : unknown
type AnyFunction<R> = (...args: never) => R
type Nothing<R> = [R, R] extends [0, 1] ? unknown : unknown
