// What the scripts add to the pages: lists that come by Vitrine's API, and what just happened to each event.
// It runs before Vitrine's script for pages (/v1/vitrine.js), which reports what is done and draws what is similar.
(() => {
  const script = document.querySelector('script[data-key]')
  const { key, user, userToken } = script.dataset
  const LIMIT = 6
  // Who has agreed before is known again.
  if (localStorage.vitrine) script.dataset.consent = 'given'

  const $ = (selector, within = document) => within.querySelector(selector)
  const element = (name, attributes, ...children) => {
    const made = document.createElement(name)
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
    made.append(...children)
    return made
  }
  const milliseconds = (began) => `${Math.round(performance.now() - began)} ms`
  const send = window.fetch.bind(window)

  // Vitrine's API, for whoever is in front of the page.
  const ask = (path, options = {}) =>
    send('/api/v1/' + path, {
      ...options,
      headers: {
        authorization: `Bearer ${key}`,
        'user-id': user || vitrine.visitor(),
        ...(user && { 'user-token': userToken }),
        ...options.headers,
      },
    })
  const answerOf = async (path, options) => {
    const response = await ask(path, options)
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response.json()
  }

  // Lists: what Vitrine names is shown with the shop's own words.
  const words = async (products) =>
    products.length ? (await send('/cards/?products=' + products.map(encodeURIComponent))).json() : {}
  const card = (product, { name, price }, reason) => {
    const made = $('#card').content.cloneNode(true)
    $('a', made).href = `/products/${encodeURIComponent(product)}/`
    $('img', made).src = `/pictures/${encodeURIComponent(product)}.svg`
    $('.name', made).textContent = name
    $('.price', made).textContent = price
    $('.reason', made).textContent = reason ?? ''
    return made
  }

  const LISTS = {
    'for-you': `user_history_recommendations/?explain=true&placement=for-you&limit=${LIMIT}`,
    trending: `products/trending/?period=hour&explain=true&placement=trending&limit=${LIMIT}`,
    'last-viewed': `user_nav_history_latest_products/?limit=${LIMIT}`,
  }
  const show = async (section) => {
    const name = section.dataset.list
    const answer = await answerOf(LISTS[name])
    const known = await words(answer.products)
    const reasons = Object.fromEntries((answer.explanations ?? []).map((each) => [each.product, each.reason]))
    const products = answer.products.filter((product) => known[product])
    const cards = products.map((product) => card(product, known[product], reasons[product]))
    if (name === 'last-viewed') cards.forEach((each, place) => deletable(each, products[place], known[products[place]], section))
    $('ul', section).replaceChildren(...cards)
    section.hidden = !products.length
    if (answer['recommendation-id'] && products.length) report(section, products, answer['recommendation-id'])
  }
  const lists = (...names) =>
    document.querySelectorAll('[data-list]').forEach((section) => {
      if (!names.length || names.includes(section.dataset.list)) show(section).catch(console.warn)
    })

  const deletable = (made, product, { name }, section) => {
    const button = element('button', { class: 'away', type: 'button', 'aria-label': `Forget ${name}` }, '×')
    button.addEventListener('click', async () => {
      button.disabled = true
      await ask('user_nav_history_latest_products/', { method: 'DELETE', headers: { 'product-id': product } })
      await show(section)
    })
    $('.card', made).append(button)
  }

  // Shown and clicked are told as to Google Analytics: Vitrine's script reads it.
  const watchers = new WeakMap()
  const report = (section, products, list) => {
    const items = products.map((product) => ({ item_id: product }))
    watchers.get(section)?.disconnect()
    const watcher = new IntersectionObserver(
      (entries) => {
        if (!entries.some((each) => each.isIntersecting)) return
        watcher.disconnect()
        dataLayer.push({ event: 'view_item_list', ecommerce: { item_list_id: list, items } })
      },
      { threshold: 0.5 },
    )
    watcher.observe(section)
    watchers.set(section, watcher)
    section.querySelectorAll('a').forEach((link, place) => {
      link.addEventListener('click', () =>
        dataLayer.push({ event: 'select_item', ecommerce: { item_list_id: list, items: [items[place]] } }),
      )
    })
  }

  // What Vitrine's script has drawn has ids only.
  const name = async (section) => {
    const unnamed = [...section.querySelectorAll('[data-card]')]
    if (!unnamed.length) return
    const ids = unnamed.map((each) => each.dataset.card)
    unnamed.forEach((each) => each.removeAttribute('data-card'))
    const known = await words(ids)
    unnamed.forEach((each, place) => {
      const { name, price } = known[ids[place]] ?? {}
      each.textContent = name ?? ids[place]
      $('.price', each.parentNode).textContent = price ?? ''
    })
    section.hidden = false
  }

  // What just happened: what Vitrine's script sends is followed.
  const EVENTS = {
    'Product Viewed': 'You viewed',
    'Product Added': 'You put into the cart',
    'Product Removed': 'You took out of the cart',
    'Order Completed': 'You ordered',
    'Product List Viewed': 'Recommendations were shown',
    'Product Clicked': 'You followed a recommendation to',
  }
  const FOLLOWED = new Set(['Product Viewed', 'Product Added', 'Product Removed', 'Order Completed'])
  const STORED_WITHIN_MS = 20_000
  const pause = (ms) => new Promise((done) => setTimeout(done, ms))
  const sentence = ({ type, event, properties, userId }) =>
    type === 'identify'
      ? `You are ${userId} now`
      : `${EVENTS[event] ?? event} ${properties.product_id ?? properties.order_id ?? ''}`.trim()

  const entry = (title) => {
    const steps = element('ol', {})
    $('#happened .log ol').prepend(element('li', {}, element('strong', {}, title), steps))
    $('#happened .empty').hidden = true
    return (text, ms) => steps.append(element('li', {}, `${text} · `, element('span', { class: 'ms' }, ms)))
  }

  const follow = async (message, position, began, acknowledged) => {
    const step = entry(sentence(message))
    step(`Kafka: ${position.topic}, partition ${position.partition}, offset ${position.offset}`, acknowledged)
    const headers = { 'user-id': position['user-id'] }
    const deadline = began + STORED_WITHIN_MS
    let found
    for (;;) {
      await pause(25)
      found = await ask(`events/${encodeURIComponent(position['message-id'])}/`, { headers })
      if (found.ok || performance.now() > deadline) break
      // What nobody reads keeps a connection.
      await found.body?.cancel()
    }
    if (!found.ok) return step('Cassandra: not stored yet', milliseconds(began))
    const row = await found.json()
    step(`Cassandra: a row of ${row['user-id']} in ${row.table}`, milliseconds(began))
    const asked = performance.now()
    const [health, answer] = await Promise.all([answerOf('health/'), answerOf(LISTS['for-you'])])
    const { model } = health
    const state = model === 'none' ? 'none yet' : `generation ${model.generation}, newest event ${model['age-seconds']} s ago`
    step(`Model: ${state}`, milliseconds(asked))
    step(`New answer (${answer.type}): ${answer.products.join(', ')}`, milliseconds(asked))
    lists('for-you', 'last-viewed')
  }

  window.fetch = async (address, options) => {
    if (!String(address).endsWith('/v1/batch')) return send(address, options)
    const began = performance.now()
    const response = await send(`${address}?positions=true`, options)
    const acknowledged = milliseconds(began)
    explain(JSON.parse(options.body).batch, response.clone(), began, acknowledged).catch(console.warn)
    return response
  }
  const explain = async (batch, response, began, acknowledged) => {
    const { positions = [], errors = [], detail } = await response.json()
    if (!response.ok && !errors.length) return entry('It was not taken')(detail ?? response.status, acknowledged)
    for (const { index, reason } of errors) entry(sentence(batch[index]))(`refused: ${reason}`, acknowledged)
    const refused = new Set(errors.map((each) => each.index))
    for (const [index, message] of batch.entries()) {
      if (refused.has(index)) continue
      const position = positions.find((each) => each['message-id'] === message.messageId)
      if (position && FOLLOWED.has(message.event)) follow(message, position, began, acknowledged).catch(console.warn)
      else if (position)
        entry(sentence(message))(`Kafka: ${position.topic}, partition ${position.partition}, offset ${position.offset}`, acknowledged)
      else if (message.type === 'identify') {
        entry(sentence(message))('Cassandra: what you viewed before is theirs', acknowledged)
        lists()
      }
    }
  }

  document.addEventListener('DOMContentLoaded', () => {
    $('#happened').hidden = false
    window.dataLayer ||= []
    lists()

    document.querySelectorAll('[data-snippet]').forEach((section) => {
      new MutationObserver(() => name(section).catch(console.warn)).observe(section, { childList: true, subtree: true })
      name(section).catch(console.warn)
    })

    // The cart without leaving the page, so that the event goes with the shopper's token.
    document.querySelectorAll('[data-add]').forEach((form) =>
      form.addEventListener('submit', async (event) => {
        event.preventDefault()
        const answer = await send(form.action, { method: 'POST', body: new FormData(form) })
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
        $('.said').textContent = answer.ok ? `${form.dataset.add} is in your cart.` : ($('p', page)?.textContent ?? '')
        if (answer.ok) $('#count').textContent = $('#count', page).textContent
      }),
    )
    for (const input of document.querySelectorAll('[name=visitor]')) input.value = vitrine.visitor()
    const items = (id) => ({ items: [{ item_id: id }] })
    const { removed } = $('[data-removed]')?.dataset ?? {}
    if (removed) dataLayer.push({ event: 'remove_from_cart', ecommerce: items(removed) })
    const purchase = $('#purchase')
    if (purchase) dataLayer.push(JSON.parse(purchase.textContent))
    // Told once: the page may be loaded again.
    if (removed || purchase) history.replaceState(null, '', location.pathname)

    const consent = $('#consent')
    const ready = () => {
      const isGiven = Boolean(localStorage.vitrine)
      $('span', consent).textContent = isGiven ? 'You are known again on this device.' : 'Each page takes you for somebody new.'
      $('button', consent).textContent = isGiven ? 'Forget me here' : 'Know me again'
      consent.hidden = false
    }
    $('button', consent).addEventListener('click', () => {
      vitrine.consent(!localStorage.vitrine)
      ready()
      lists()
    })
    ready()
  })
})()
