import { readSafely, wrongArgument } from '@genpool/runtime'

/** @throws {OptionsError} if a user gave a public class something that has not these methods */
export function checkPorts<P>(of: string, ports: P, names: readonly (keyof P & string)[]): void {
  if (readSafely(() => names.every((name) => typeof ports[name] === 'function'), false)) return
  throw wrongArgument(
    { of, argument: 'ports', expected: `an object { ${names.map((name) => `${name}()`).join(', ')} }` },
    ports,
  )
}
