// What tests/integration/api/test_clients.py has the TypeScript client do: URL and user, given as arguments.
import { ProblemError, answered, createClient, type Schemas } from 'vitrine-client'

declare const process: { argv: string[] }

const [url = '', user = ''] = process.argv.slice(2)
const shop = createClient(url)
const params = { header: { 'user-id': user } }
const history = '/api/v1/user_nav_history_latest_products/'

const problemOf = async (asked: Promise<unknown>): Promise<Schemas['InvalidViews'] | undefined> => {
  try {
    await asked
  } catch (error) {
    if (error instanceof ProblemError && error.requestId) return error.problem
  }
  return undefined
}

const view: Schemas['ProductView'] = {
  event: 'ProductView',
  messageid: crypto.randomUUID(),
  userid: user,
  properties: { productid: 'product-173' },
  context: { source: 'desktop' },
}
const { accepted } = await answered(shop.POST('/api/v1/events/', { body: [view] }))

let products: string[] = []
while (!products[0]) ({ products } = await answered(shop.GET(history, { params })))

const recommended = await answered(
  shop.GET('/api/v1/user_history_recommendations/', {
    params: { ...params, query: { limit: 3, explain: true, exclude: ['product-1', 'product-2'] } },
  }),
)

// @ts-expect-error a header that the operation needs is missing
const problem = await problemOf(answered(shop.GET(history, {})))
const invalid = await problemOf(
  answered(shop.POST('/api/v1/events/', { body: [view, { ...view, properties: { productid: 'two words' } }] })),
)
const { error } = await createClient(url, { key: 'vt_sec_wrong' }).GET(history, { params })

console.log(
  JSON.stringify({
    accepted,
    products,
    type: recommended.type satisfies 'personalized' | 'non-personalized',
    recommendation: recommended['recommendation-id'],
    problem: problem?.detail,
    invalid: invalid?.errors?.map(({ index }) => index),
    unknown: error?.status,
  }),
)
