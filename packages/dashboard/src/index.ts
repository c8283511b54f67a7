export { createDashboard, type Dashboard } from './dashboard'
export { type DashboardOptions, dashboardOptions, type ServerOptions, serverOptions } from './options'
export { serveDashboard, type ServedDashboard } from './serve'
