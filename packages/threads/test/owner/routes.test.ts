import { ThreadRoutes } from '../../src/owner/routes'

describe('the routes to a module in threads', () => {
  it('say which types it has handlers for, once a thread has loaded it', () => {
    const routes = new ThreadRoutes()
    routes.call('guess')
    expect(routes.types()).toBeNull()
    routes.learn({ calls: [['add', 0]], casts: [['reset', 5]], anyCall: null, anyCast: null })
    expect(routes.types()).toEqual({ calls: ['add'], casts: ['reset'] })
  })

  it('say nothing of a module that takes messages of any type', () => {
    const routes = new ThreadRoutes()
    routes.learn({ calls: [], casts: [], anyCall: 'handleCall', anyCast: null })
    expect(routes.types()).toBeNull()
  })
})
