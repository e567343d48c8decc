// What each library is asked to track, after two views: by name and properties.
export const events = [
  ['Product Added', { product_id: 'product-1', quantity: 2, price: 9.9 }],
  [
    'Order Completed',
    {
      order_id: 'order-1',
      total: 29.8,
      currency: 'EUR',
      products: [
        { product_id: 'product-1', quantity: 2, price: 9.9 },
        { product_id: 'product-2', quantity: 1, price: 10 },
      ],
    },
  ],
  ['Products Searched', { query: 'red shoes' }],
  ['Signed Up', { plan: 'free' }], // an event of which nothing is kept
  ['Product Viewed', {}], // an invalid one: no product_id
]

// Everything that a library of a server sends: for a user, and for the visitor who becomes that user.
export function send(analytics, userId, anonymousId) {
  analytics.track({ userId, event: 'Product Viewed', properties: { product_id: 'product-1' } })
  analytics.track({ anonymousId, event: 'Product Viewed', properties: { product_id: 'product-2' } })
  analytics.page({ userId, name: 'Home', properties: { url: 'https://shop.example/', path: '/' } })
  analytics.identify({ userId, anonymousId, traits: { email: 'test@shop.example' } })
  for (const [event, properties] of events) analytics.track({ userId, event, properties })
}
