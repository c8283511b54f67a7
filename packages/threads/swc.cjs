'use strict'
const { createHash } = require('node:crypto')
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { tmpdir, userInfo } = require('node:os')
const { dirname, join, resolve } = require('node:path')
const { threadId } = require('node:worker_threads')

/** What swc says first, and where, in one line: it draws the lines around it, and adds a stack of its own code. */
const shortened = (message) => {
  const [, what, file, line] = /^\s*\S\s+(.*)\n\s*\S+\[(.+?):(\d+):\d+\]/.exec(message) ?? []
  return what === undefined ? message.split(/\n\s*Caused by:/)[0].trim() : `${what} (${file}:${line})`
}

/**
 * Has `require` read TypeScript with @swc/core, as jest does with @swc/jest. Types are not checked.
 *
 * @param core the path of @swc/core
 * @param paths the path of tsconfig-paths/register, for projects that use it; null without
 */
exports.compileWith = function compileWith({ core, paths }) {
  // Threads of one project compile the same files again and again.
  const cache = join(tmpdir(), `genpool-threads-${userInfo().uid}`)
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  const keep = (path, code) => {
    const part = `${path}.${process.pid}.${threadId}`
    writeFileSync(part, code)
    renameSync(part, path)
    return code
  }
  const compile = (module, file) => {
    const source = readFileSync(file, 'utf8')
    const name = createHash('sha1').update(`2 ${core} ${file} ${source}`).digest('hex')
    const path = join(cache, `${name}.js`)
    module._compile(read(path) ?? keep(path, transform(file, source)), file)
  }
  const transform = (file, source) => {
    const { transformSync } = require(core)
    try {
      return transformSync(source, optionsFor(file)).code
    } catch (error) {
      throw new SyntaxError(shortened(error.message))
    }
  }
  const optionsFor = (file) => ({
    filename: file,
    configFile: false,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', tsx: file.endsWith('x'), decorators: true },
      transform: { useDefineForClassFields: false, legacyDecorator: true },
    },
    // import() stays as it is: it loads ES modules.
    module: { type: 'commonjs', ignoreDynamic: true },
  })
  for (const ending of ['.ts', '.tsx', '.cts', '.mts']) Module._extensions[ending] = compile
  // An import of "./x.js" may mean "./x.ts".
  const find = Module._resolveFilename
  Module._resolveFilename = function (request, parent, ...rest) {
    if (/^\.{1,2}\/.*\.[cm]?js$/.test(request) && parent?.filename) {
      const source = resolve(dirname(parent.filename), request.replace(/js$/, 'ts'))
      if (!existsSync(resolve(dirname(parent.filename), request)) && existsSync(source)) return source
    }
    return find.call(this, request, parent, ...rest)
  }
  // The paths of tsconfig.json, where the project uses them.
  if (paths !== null) require(paths)
}
