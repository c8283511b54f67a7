'use strict'
/*
 * Runs the sources of the packages in a process of its own: `node -r register.cjs file.ts`. With swc, and with what it made kept in
 * node_modules/.cache, a node starts in well under a second; ts-node takes several.
 */
const { createHash } = require('node:crypto')
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { join } = require('node:path')
const { transformSync } = require('@swc/core')
const { transform } = require('../jest.config.js')

const root = join(__dirname, '..')
const cache = join(root, 'node_modules/.cache/genpool-tests')
const options = Object.values(transform)[0][1]
mkdirSync(cache, { recursive: true })

function compiled(file, source) {
  const kept = join(cache, `${createHash('sha1').update(file).update(source).digest('hex')}.js`)
  if (existsSync(kept)) return readFileSync(kept, 'utf8')
  const { code } = transformSync(source, { ...options, filename: file, sourceMaps: false })
  // Several processes may do this at the same time.
  writeFileSync(`${kept}.${process.pid}`, code)
  renameSync(`${kept}.${process.pid}`, kept)
  return code
}

Module._extensions['.ts'] = (module, file) => module._compile(compiled(file, readFileSync(file, 'utf8')), file)

const resolve = Module._resolveFilename
Module._resolveFilename = function resolveFilename(request, ...rest) {
  const [, name, part] = /^@genpool\/([^/]+)(\/.+)?$/.exec(request) ?? []
  const file = name === undefined ? request : join(root, 'packages', name, 'src', part ?? '', 'index.ts')
  return resolve.call(this, file, ...rest)
}
