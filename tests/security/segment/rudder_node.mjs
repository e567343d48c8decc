// Sends one event of each kind with @rudderstack/rudder-sdk-node: the first alone, the others in one batch.
// Usage: node rudder_node.mjs BASE_URL WRITE_KEY USER VISITOR
// Prints one JSON line: {"errors": [what the SDK's error handler got]}.
import Analytics from '@rudderstack/rudder-sdk-node'

const [baseUrl, writeKey, userId, anonymousId] = process.argv.slice(2)
const errors = []

// Without an error handler, a refused request would end the process (an unhandled rejection).
const errorHandler = (error) =>
  errors.push({ status: error.response?.status, message: error.message, body: error.response?.data })
const analytics = new Analytics(writeKey, { dataPlaneUrl: baseUrl, errorHandler, logLevel: 'none' })

const track = (event, properties) => analytics.track({ userId, event, properties })

track('Product Viewed', { product_id: 'product-1' })
analytics.track({ anonymousId, event: 'Product Viewed', properties: { product_id: 'product-2' } })
track('Product Added', { product_id: 'product-1', quantity: 2, price: 9.9 })
track('Order Completed', {
  order_id: 'order-1',
  total: 29.8,
  currency: 'EUR',
  products: [
    { product_id: 'product-1', quantity: 2, price: 9.9 },
    { product_id: 'product-2', quantity: 1, price: 10 },
  ],
})
track('Products Searched', { query: 'red shoes' })
analytics.page({ userId, name: 'Home', properties: { url: 'https://shop.example/', path: '/' } })
analytics.identify({ userId, anonymousId, traits: { email: 'test@shop.example' } })
track('Signed Up', { plan: 'free' }) // an event of which nothing is kept
track('Product Viewed', {}) // an invalid one: no product_id

await analytics.flush()
console.log(JSON.stringify({ errors }))
