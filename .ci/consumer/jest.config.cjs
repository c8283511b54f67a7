'use strict'

module.exports = { testMatch: ['**/thread-jest.ts'], transform: { '\\.ts$': '@swc/jest' } }
