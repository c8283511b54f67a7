const kept: object[] = []

/**
 * Keeps an object of a class whose objects live shortly, for good.
 *
 * Fast path: V8 forgets the hidden class of a class without objects in a garbage collection, and throws away all code that was
 * compiled for it. Without it, 10 000 casts after a collection take 14 times as long as those before.
 *
 * @param specimen an object as they are made, which refers to nothing large
 */
export function keepShape(specimen: object): void {
  kept.push(specimen)
}
