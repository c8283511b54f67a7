'use strict'
// Loads a module of this folder as a thread does, and says whether that worked: `load.cjs FILE [import]`.
require('../swc-register.cjs')
const { loadBehaviour } = require('../../../src/loading/load-module')
const [, , name, hooks] = process.argv
// Only a hook for "import" is left, as in a process under `--loader ts-node/esm`.
if (hooks === 'import') delete require.extensions['.ts']

const file = require('node:path').join(__dirname, name)
loadBehaviour({ file, export: undefined, loader: 'what was found' }).then(
  () => console.log('loaded'),
  (error) => console.log(error.message.replace(file, name)),
)
