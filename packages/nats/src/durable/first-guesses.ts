/** Wrong names that people try first, by the option that they mean: those of other job queues. */
const OF_QUEUES = {
  maxDeliver: [
    'attempts',
    'maxAttempts',
    'tries',
    'maxTries',
    'retries',
    'maxRetries',
    'retryLimit',
    'maxReceiveCount',
  ],
  'backoff.initial': ['retryDelay', 'retryBackoff'],
  lanes: ['partitions', 'shards', 'groups'],
  ackWait: ['visibilityTimeout', 'lockDuration', 'stalledInterval', 'leaseTime', 'expireInSeconds'],
  duplicates: ['duplicateWindow', 'deduplication', 'dedupe'],
  keepDead: ['removeOnFail', 'deadLetterTtl', 'retention'],
}
const OF_CASTS = {
  id: ['jobId', 'messageId', 'msgID', 'dedupeId', 'deduplicationId', 'singletonKey'],
  key: ['group', 'groupId', 'partitionKey', 'messageGroupId', 'orderingKey'],
  expires: ['ttl', 'timeout', 'expiration', 'expiresIn', 'expireIn'],
  delay: ['delayMs', 'startAfter', 'in', 'delaySeconds'],
}
const OF_CONSUMERS = {
  atMost: ['concurrency', 'prefetch', 'maxInFlight', 'batchSize', 'maxAckPending', 'max_ack_pending'],
  timeout: ['timeoutMs', 'maxRunTime'],
}

/* What first guesses mean, by the guess in lower case. */
export const queueGuesses = meant(OF_QUEUES)
export const castGuesses = meant(OF_CASTS)
export const consumerGuesses = meant(OF_CONSUMERS)

type Meant = Readonly<Record<string, readonly string[]>>

function meant(guesses: Readonly<Record<string, readonly string[]>>): Meant {
  return Object.fromEntries(
    Object.entries(guesses).flatMap(([option, names]) => names.map((name) => [name.toLowerCase(), [option]])),
  )
}
