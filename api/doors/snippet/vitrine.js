// The script that a shop puts into its pages: docs/pages.md. What is served is vitrine.min.js, which is made from this:
// tests/security/snippet/package.json.
;(() => {
  const script = document.currentScript
  // In the page for the second time, or not as a script of its own: then it has nothing to go by.
  if (!script || window.vitrine?.consent) return

  const { key, user, userToken, consent, doNotTrack } = script.dataset
  const api = new URL('..', script.src)
  const isQuiet = doNotTrack && (navigator.globalPrivacyControl || navigator.doNotTrack > 0)
  const randomDigits = () =>
    crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + (byte + 256).toString(16).slice(1), '')
  // Whatever goes wrong here, the page goes on.
  const safe =
    (work) =>
    async (first, second) => {
      try {
        await work(first, second)
      } catch {}
    }
  // Before the page's own listeners, which may keep an event to themselves.
  const listen = (target, name, work) => target.addEventListener(name, safe(work), true)

  let visitor = 'anon-' + randomDigits()
  let proof, person

  // Events: a few together, in their order, one request at a time.
  let timer
  let failures = 0
  const queue = []

  const track = (event, properties, type = 'track') => {
    if (isQuiet) return
    queue.push({
      type,
      event,
      properties,
      messageId: randomDigits(),
      timestamp: new Date(),
      anonymousId: visitor,
      userId: person,
      context: { source: screen.width < 600 ? 'mobile-web' : 'desktop' },
    })
    timer ||= setTimeout(send, 200)
  }

  const bodyOf = (batch) => JSON.stringify({ batch, writeKey: key, sentAt: new Date() })

  const send = async () => {
    const batch = queue.splice(0, 20)
    let status = 500
    try {
      // None is there where the page was left, and came back. Text goes as text/plain, for which a browser need not ask.
      status =
        batch[0] &&
        (await fetch(api + 'v1/batch', { headers: proof, method: 'POST', body: bodyOf(batch), keepalive: true }))
          .status
    } catch {}
    // Again after 1, 2, 4, 8 and 16 seconds; then it is given up.
    failures = (status == 429 || status > 499) && failures < 5 && failures + 1
    if (failures) queue.unshift(...batch)
    timer = queue[0] && setTimeout(send, failures && 500 << failures)
  }

  listen(window, 'pagehide', () => {
    while (queue[0]) navigator.sendBeacon(api + 'v1/batch', bodyOf(queue.splice(0, 20)))
  })

  // Recommendations: asked for, drawn, and watched.
  const draw = safe(async (box, mark) => {
    const { vitrineRecommendations: placement, limit, link, product } = box.dataset
    const path = product ? 'products/' + encodeURIComponent(product) + '/similar' : 'user_history_recommendations'
    const answer = await (
      await fetch(api + 'api/v1/' + path + '/?placement=' + encodeURIComponent(placement) + '&limit=' + (limit || 10), {
        headers: { authorization: 'Bearer ' + key, 'user-id': proof ? person : visitor, ...proof },
      })
    ).json()
    const ids = answer.products.filter((id) => /^[\w.~:@+-]+$/.test(id))
    if (!ids[0] || marks.get(box) != mark) return

    const about = { placement, recommendation_id: answer['recommendation-id'] }
    const template = box.querySelector('template')
    const anchor = document.createElement('a')
    anchor.append('{product}')
    if (link) anchor.href = link
    const items = ids.map((id) => {
      const item = document.createElement('li')
      item.append((template?.content || anchor).cloneNode(true))
      fill(item, id)
      listen(item, 'click', () => track('Product Clicked', { ...about, product_id: id }))
      return item
    })
    const list = document.createElement('ul')
    list.append(...items)
    box.replaceChildren(template || '', list)

    const watcher = new IntersectionObserver(
      safe((entries) => {
        const products = []
        for (const { target, intersectionRatio } of entries)
          if (intersectionRatio >= 0.5) {
            watcher.unobserve(target)
            products.push({ product_id: ids[items.indexOf(target)] })
          }
        if (products[0]) track('Product List Viewed', { ...about, products })
      }),
      { threshold: 0.5 },
    )
    items.forEach((item) => watcher.observe(item))
  })

  // Only texts and values of attributes are set: whatever an id holds, it never becomes markup.
  const fill = (item, id) => {
    for (const element of item.querySelectorAll('*'))
      for (const part of [...element.attributes, ...element.childNodes])
        part.nodeValue = part.nodeValue?.replaceAll(
          '{product}',
          /href|src/.test(part.nodeName) ? encodeURIComponent(id) : id,
        )
  }

  // What is in the page now: what has come is reported or drawn, what has gone may come again.
  let marks = new Map()
  const scan = safe(() => {
    // A template may still be on its way.
    if (document.readyState == 'loading') return
    const known = marks
    marks = new Map()
    for (const element of document.querySelectorAll('[data-vitrine-view],[data-vitrine-recommendations]')) {
      const { vitrineView: viewed, vitrineRecommendations: placement, product } = element.dataset
      const mark = viewed || [placement, product, visitor, person] + ''
      marks.set(element, mark)
      if (known.get(element) == mark) continue
      if (viewed) track('Product Viewed', { product_id: viewed })
      else if (placement) draw(element, mark)
    }
  })

  const keep = safe((isGiven) => {
    const kept = localStorage.vitrine
    if (isGiven && !isQuiet) localStorage.vitrine = visitor = kept || visitor
    else if (kept) {
      delete localStorage.vitrine
      visitor = 'anon-' + randomDigits()
    }
  })

  window.vitrine = {
    visitor: () => visitor,
    user: safe((id, token) => {
      person = id
      proof = !isQuiet && token && { 'user-token': token }
      scan()
      // What was viewed before is theirs. A visitor who is not kept is another on each page, and not worth to be told of.
      if (proof && localStorage.vitrine) track('', {}, 'identify')
    }),
    consent: (isGiven) => {
      keep(isGiven)
      scan()
    },
  }
  // Before anything is reported: all of it is of one person.
  if (consent == 'given') keep(true)
  vitrine.user(user, userToken)

  listen(document, 'readystatechange', scan)
  new MutationObserver(scan).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ['data-vitrine-view', 'data-vitrine-recommendations', 'data-product'],
  })
  listen(document, 'click', ({ target }) => {
    const added = target.closest('[data-vitrine-add]')
    if (added) track('Product Added', { product_id: added.dataset.vitrineAdd })
  })

  // GA4's events, as they are pushed for Google Tag Manager or by gtag().
  const read = safe((entry) => {
    // What gtag() pushes is its arguments: 'event', the name, the rest.
    const name = entry.event || entry[1]
    const event = {
      view_item: 'Product Viewed',
      add_to_cart: 'Product Added',
      remove_from_cart: 'Product Removed',
      select_item: 'Product Clicked',
      view_item_list: 'Product List Viewed',
      purchase: 'Order Completed',
      search: 'Products Searched',
      view_search_results: 'Products Searched',
    }[name]
    const {
      items = [],
      item_list_id: recommendation_id = items[0]?.item_list_id,
      transaction_id: order_id,
      search_term: query,
    } = { ...entry, ...entry.ecommerce, ...entry[2] }
    const products = items.map(({ item_id: product_id, quantity, price }) => ({ product_id, quantity, price }))
    // Ours are UUIDs; a shop's own lists are none of our business.
    if (!event || (/list|sel/.test(name) && !/^[\da-f-]{36}$/.test(recommendation_id))) return
    if (/item$|cart/.test(name)) products.forEach((product) => track(event, { ...product, recommendation_id }))
    else track(event, { products, order_id, query, recommendation_id })
  })
  const layer = (window.dataLayer ||= [])
  layer.forEach(read)
  const push = layer.push
  layer.push = (...entries) => {
    entries.forEach(read)
    return push.apply(layer, entries)
  }
})()
