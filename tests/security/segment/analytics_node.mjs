// Sends one event of each kind with @segment/analytics-node, all in one batch.
// Usage: node analytics_node.mjs BASE_URL WRITE_KEY USER VISITOR
// Prints one JSON line: {"errors": [what the SDK's error event reported]}.
import { Analytics } from '@segment/analytics-node'
import { send } from './events.mjs'

const [baseUrl, writeKey, userId, anonymousId] = process.argv.slice(2)
const errors = []

const analytics = new Analytics({ host: baseUrl, writeKey })
analytics.on('error', ({ code, reason, ctx }) =>
  errors.push({ code, reason: String(reason), event: ctx?.event.event ?? ctx?.event.type })
)
send(analytics, userId, anonymousId)
await analytics.closeAndFlush({ timeout: 20_000 })
console.log(JSON.stringify({ errors }))
