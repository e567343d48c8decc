/** A typed client of Vitrine's API: openapi-fetch over the types of schema.ts, which `make clients` generates. */

import createFetchClient, { type Client as FetchClient } from 'openapi-fetch'

import type { components, paths } from './schema.js'

export type { components, operations, paths } from './schema.js'

/** What is sent and answered, by name: `Schemas['LatestProductsAnswer']`. */
export type Schemas = components['schemas']
export type Client = FetchClient<paths>

export interface Options {
  /** `vt_pub_…` in a browser, `vt_sec_…` on a server. */
  key?: string
  /** Instead of the global one. */
  fetch?: (request: Request) => Promise<Response>
}

/** `url` is what stands before /api/v1/. */
export const createClient = (url: string, { key, fetch }: Options = {}): Client =>
  createFetchClient<paths>({
    baseUrl: url,
    ...(fetch && { fetch }),
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    // One text, as the document has it.
    querySerializer: { array: { style: 'form', explode: false } },
  })

/** What the API refuses, as an error: its problem says why. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'

  constructor(
    readonly problem: Schemas['InvalidViews'],
    readonly requestId: string | null,
  ) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`)
  }
}

/** The data of an answer; a ProblemError where there are none: `await answered(client.GET(…))`. */
export const answered = async <T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> => {
  const { data, error, response } = await asked
  if (response.ok) return data as T
  const problem =
    typeof error === 'object' && error !== null
      ? (error as Schemas['InvalidViews'])
      : // Something between us and the API has answered.
        { type: 'about:blank', title: response.statusText, status: response.status, detail: String(error ?? '') }
  throw new ProblemError(problem, response.headers.get('x-request-id'))
}
