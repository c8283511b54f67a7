'use strict'
// Has a process read TypeScript quickly. Its threads are started with the same flag.
require('../../swc.cjs').compileWith({
  core: require.resolve('@swc/core'),
  paths: require.resolve('tsconfig-paths/register'),
})
