// What makes the pages quicker. Everything works without it: it only saves a reload, a click or some typing.
//   data-refreshes="id…"     on change, the form is posted with intent=refresh and these parts are replaced
//   data-when, data-when-is  a field that shows when another has one of these values
//   data-same                a field that hides while the box of that name is ticked ("same for all units")
//   data-draft="url"         a form that is kept while it is filled in
//   data-live="url"          server-sent events whose fragments replace the elements of their ids
//   data-fills="id"          a file whose text goes into this textarea
//   data-again="2000"        a part that is asked for again, after so many milliseconds, until it no longer says so
//   data-check="url"         an input that is checked while it is typed; the answer goes to the element of its id and -checked
//   data-focus               takes the focus when the page comes

const root = document.documentElement
root.classList.add('script')

/** @param {ParentNode} within */
function prepare(within) {
  for (const field of within.querySelectorAll('[data-when], [data-same]')) showOrHide(field)
}

/** @param {Element} field */
function showOrHide(field) {
  if (!(field instanceof HTMLElement)) return
  const form = field.closest('form') ?? document
  const { when, whenIs, same } = field.dataset
  let shown = true
  if (when && whenIs) {
    const values = answersOf(form, when)
    shown = JSON.parse(whenIs).some((/** @type {string | boolean} */ one) => values.includes(one))
    const parent = form.querySelector(`[data-when] [name="${CSS.escape(when)}"]`)?.closest('[data-when]')
    if (parent instanceof HTMLElement && parent.hidden) shown = false
  }
  if (same && answersOf(form, same).includes(true)) shown = false
  field.hidden = !shown
}

/** @param {ParentNode} form @param {string} name @returns {(string | boolean)[]} */
function answersOf(form, name) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = form.querySelectorAll(`[name="${CSS.escape(name)}"]`)
  return [...inputs].flatMap(
    /** @returns {(string | boolean)[]} */ (input) => {
      if (input.type === 'radio') return input.checked ? [input.value] : []
      if (input.type === 'checkbox')
        return inputs.length > 1 ? (input.checked ? [input.value] : []) : [input.checked]
      return [input.value]
    },
  )
}

/** Replaces the elements that have an id in `html`, keeping the focus. @param {string} html @param {string[]} [ids] */
function replaceFrom(html, ids) {
  const parsed = new DOMParser().parseFromString(html, 'text/html')
  const focused = document.activeElement?.id
  for (const id of ids ?? [...parsed.body.children].map((element) => element.id)) {
    const fresh = id && parsed.getElementById(id)
    const old = id && document.getElementById(id)
    if (!fresh || !old) continue
    old.replaceWith(fresh)
    prepare(fresh.parentElement ?? fresh)
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus()
}

/** @type {AbortController | undefined} */
let refreshing

/** @param {HTMLElement} input @param {HTMLFormElement} form */
async function refresh(input, form) {
  refreshing?.abort()
  refreshing = new AbortController()
  const body = formBody(form)
  body.set('intent', 'refresh')
  const ids = (input.dataset.refreshes ?? '').split(' ')
  for (const id of ids) document.getElementById(id)?.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(form.action, { method: 'POST', body, signal: refreshing.signal })
    replaceFrom(await answer.text(), ids)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return
    for (const id of ids) document.getElementById(id)?.removeAttribute('aria-busy')
    for (const button of form.querySelectorAll('.no-script')) button.classList.remove('no-script')
  }
}

/** As a plain form would send it. @param {HTMLFormElement} form */
function formBody(form) {
  const body = new URLSearchParams()
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value)
  return body
}

/** Puts a chosen file into its textarea, where it can be seen and corrected. @param {HTMLInputElement} input */
async function fill(input) {
  const area = document.getElementById(input.dataset.fills ?? '')
  const [file] = input.files ?? []
  input.setCustomValidity('')
  if (!file || !(area instanceof HTMLTextAreaElement)) return
  const text = decode(await file.arrayBuffer())
  input.value = ''
  if (text === undefined) {
    input.setCustomValidity(input.dataset.notText ?? '')
    input.reportValidity()
    return
  }
  area.value = text
  area.dispatchEvent(new Event('input', { bubbles: true }))
}

/** As sdk/learner-list.ts reads an uploaded list; undefined for what is no text. @param {ArrayBuffer} bytes */
function decode(bytes) {
  const [first, second] = new Uint8Array(bytes)
  let text
  try {
    const marked =
      first === 0xff && second === 0xfe
        ? 'utf-16le'
        : first === 0xfe && second === 0xff
          ? 'utf-16be'
          : 'utf-8'
    text = new TextDecoder(marked, { fatal: true }).decode(bytes)
  } catch {
    text = new TextDecoder('windows-1252').decode(bytes)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell a file that is no text
  return /[\x00-\x08\x0e-\x1a]/.test(text) ? undefined : text
}

/** @type {WeakMap<HTMLFormElement, ReturnType<typeof setTimeout>>} */
const drafts = new WeakMap()

/** @param {HTMLFormElement} form */
function keepSoon(form) {
  clearTimeout(drafts.get(form))
  drafts.set(
    form,
    setTimeout(() => keep(form), 700),
  )
}

/** @param {HTMLFormElement} form */
async function keep(form) {
  if (!drafts.has(form)) return
  clearTimeout(drafts.get(form))
  drafts.delete(form)
  const state = form.querySelector('[data-draft-state]')
  const kept = await fetch(form.dataset.draft ?? '', {
    method: 'POST',
    body: formBody(form),
    keepalive: true,
  }).then(
    (answer) => answer.ok,
    () => false,
  )
  if (state instanceof HTMLElement)
    state.textContent = (kept ? state.dataset.kept : state.dataset.notKept) ?? ''
}

/** @param {Element} place */
function follow(place) {
  if (!(place instanceof HTMLElement) || !place.dataset.live) return
  const source = new EventSource(place.dataset.live)
  source.addEventListener('fragment', (event) => replaceFrom(event.data))
  source.addEventListener('end', () => source.close())
  addEventListener('pagehide', () => source.close(), { once: true })
}

/** @param {Element} place */
function askAgain(place) {
  if (!(place instanceof HTMLElement) || !place.dataset.again) return
  const { id } = place
  setTimeout(async () => {
    const html = await fetch(location.href).then(
      (answer) => (answer.ok ? answer.text() : ''),
      () => '',
    )
    if (html) replaceFrom(html, [id])
    const now = document.getElementById(id)
    if (now) askAgain(now)
  }, Number(place.dataset.again))
}

document.addEventListener('change', (event) => {
  const input = event.target
  if (
    !(
      input instanceof HTMLInputElement ||
      input instanceof HTMLSelectElement ||
      input instanceof HTMLTextAreaElement
    )
  )
    return
  if (input instanceof HTMLInputElement && input.dataset.fills) fill(input)
  prepare(input.form ?? document)
  if (input.dataset.refreshes && input.form) refresh(input, input.form)
})

/** @type {WeakMap<HTMLInputElement, ReturnType<typeof setTimeout>>} */
const checks = new WeakMap()

/** @param {HTMLInputElement} input */
async function check(input) {
  const place = document.getElementById(`${input.id}-checked`)
  const typed = input.value.trim()
  if (!place || !input.dataset.check) return
  const answer = typed
    ? await fetch(`${input.dataset.check}&value=${encodeURIComponent(typed)}`).catch(() => undefined)
    : undefined
  /** @type {{ ok?: boolean, text?: string }} */
  const { ok, text } = answer?.status === 200 ? await answer.json() : {}
  if (input.value.trim() !== typed) return
  place.className = ok ? 'help' : 'field-warning'
  place.textContent = (ok ? place.dataset.free : text) ?? ''
}

document.addEventListener('input', (event) => {
  const input = event.target
  if (input instanceof HTMLInputElement && input.dataset.check) {
    clearTimeout(checks.get(input))
    checks.set(
      input,
      setTimeout(() => check(input), 400),
    )
  }
  const form = event.target instanceof Element ? event.target.closest('form') : null
  if (form?.dataset.draft) keepSoon(form)
})

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!(form instanceof HTMLFormElement) || form.method !== 'post') return
  if (form.dataset.busy !== undefined) return event.preventDefault()
  form.dataset.busy = ''
  event.submitter?.classList.add('pressed')
  clearTimeout(drafts.get(form))
  drafts.delete(form)
})

// a page that comes back from the browser's cache may be sent again
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-busy]')) form.removeAttribute('data-busy')
})

addEventListener('pagehide', () => {
  for (const form of document.querySelectorAll('form[data-draft]'))
    if (form instanceof HTMLFormElement) keep(form)
})

prepare(document)
for (const place of document.querySelectorAll('[data-live]')) follow(place)
for (const place of document.querySelectorAll('[data-again]')) askAgain(place)
const first = document.querySelector('[data-focus]')
if (first instanceof HTMLElement) first.focus()
