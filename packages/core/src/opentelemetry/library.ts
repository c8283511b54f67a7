/** What makes the spans and the measurements, as OpenTelemetry shows it. */
export const LIBRARY = '@genpool/core'
