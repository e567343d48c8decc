// Sends one event of each kind with @segment/analytics-node, all in one batch.
// Usage: node analytics_node.mjs BASE_URL WRITE_KEY USER VISITOR
// Prints one JSON line: {"errors": [what the SDK's error event reported]}.
import { Analytics } from '@segment/analytics-node'

const [baseUrl, writeKey, userId, anonymousId] = process.argv.slice(2)
const errors = []

const analytics = new Analytics({ host: baseUrl, writeKey })
analytics.on('error', ({ code, reason, ctx }) =>
  errors.push({ code, reason: String(reason), event: ctx?.event.event ?? ctx?.event.type })
)

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

await analytics.closeAndFlush({ timeout: 20_000 })
console.log(JSON.stringify({ errors }))
