'use strict'
require('workerpool').worker({ task: require('./task.cjs') })
