// Sends one event of each kind with @rudderstack/rudder-sdk-node: the first alone, the others in one batch.
// Usage: node rudder_node.mjs BASE_URL WRITE_KEY USER VISITOR
// Prints one JSON line: {"errors": [what the SDK's error handler got]}.
import Analytics from '@rudderstack/rudder-sdk-node'
import { send } from './events.mjs'

const [baseUrl, writeKey, userId, anonymousId] = process.argv.slice(2)
const errors = []

// Without an error handler, a refused request would end the process (an unhandled rejection).
const errorHandler = (error) =>
  errors.push({ status: error.response?.status, message: error.message, body: error.response?.data })
const analytics = new Analytics(writeKey, { dataPlaneUrl: baseUrl, errorHandler, logLevel: 'none' })
send(analytics, userId, anonymousId)
await analytics.flush()
console.log(JSON.stringify({ errors }))
