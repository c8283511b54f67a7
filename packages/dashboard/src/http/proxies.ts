import type { IncomingHttpHeaders } from 'node:http'

/** Headers that only proxies set. */
const NAMES: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'cdn-loop',
  'client-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-real-ip',
  'x-real-port',
  'x-proxyuser-ip',
  'x-cloud-trace-context',
  'max-forwards',
])
/** The beginnings of the names that proxies give their own headers. */
const BEGINNINGS = [
  'x-forwarded',
  'x-original-',
  'x-envoy-',
  'x-amzn-',
  'x-amz-cf-',
  'x-appengine-',
  'x-arr-',
  'x-azure-',
  'x-vercel-',
  'x-nf-',
  'x-akamai-',
  'akamai-',
  'cf-',
  'cloudfront-',
  'do-connecting-',
  'fastly-',
  'fly-',
  'proxy-',
  'tailscale-',
  'ngrok-',
]

/** Whether a proxy says that it passes on the request of somebody else. One that adds nothing is not seen. */
export function isPassedOn(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some(
    (name) => NAMES.has(name) || BEGINNINGS.some((beginning) => name.startsWith(beginning)),
  )
}
