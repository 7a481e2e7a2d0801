import assert from 'node:assert/strict'
import type { Hono } from 'hono'
import type { WebEnv } from '../web/security.ts'

export type Page = { status: number; url: string; html: string; headers: Headers }

/**
 * A visitor without script: keeps cookies, follows redirects, and sends a form of the last page with all that the page
 * put into it. `answers` replaces or adds fields; undefined unticks or leaves out.
 */
export function visitor(app: Hono<WebEnv>, headers: Record<string, string> = {}) {
  const cookies = new Map<string, string>()
  let last: Page = { status: 0, url: '/', html: '', headers: new Headers() }

  async function request(path: string, init: RequestInit = {}): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await app.request(path, { ...init, headers: { ...headers, ...init.headers, cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/max-age=0/i.test(set)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const to = answer.headers.get('location')
    if (answer.status === 303 && to) {
      const { pathname, search } = new URL(to, 'http://shop.test')
      return await request(pathname + search)
    }
    last = { status: answer.status, url: path, html: await answer.text(), headers: answer.headers }
    return last
  }

  return {
    cookies,
    page: () => last,
    open: (path: string) => request(path),

    /** Sends the form whose action is `action`, of the last page; `to`: where a button of it sends it instead. */
    async send(
      action: string,
      answers: Record<string, string | string[] | undefined> = {},
      to: string = action,
    ): Promise<Page> {
      const form = formOf(last.html, action)
      assert.ok(form !== undefined, `no form for ${action} in ${last.url}`)
      const fields = fieldsOf(form).filter(([name]) => !(name in answers))
      const given = Object.entries(answers).flatMap(([name, value]) =>
        value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
      )
      return await request(to, {
        method: 'POST',
        body: new URLSearchParams([...fields, ...given]).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    },
  }
}

function formOf(html: string, action: string): string | undefined {
  return [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].find(
    ([, to]) => plain(to ?? '') === action,
  )?.[2]
}

/** The fields that a browser would send: no buttons, no disabled inputs, only ticked boxes. */
function fieldsOf(form: string): [string, string][] {
  const inputs = [...form.matchAll(/<input\b([^>]*)>/g)].flatMap(([, tag = '']): [string, string][] => {
    const name = attribute(tag, 'name')
    const box = ['checkbox', 'radio'].includes(attribute(tag, 'type') ?? '')
    if (name === undefined || /\bdisabled\b/.test(tag) || (box && !/\bchecked\b/.test(tag))) return []
    return [[name, attribute(tag, 'value') ?? '']]
  })
  const areas = [...form.matchAll(/<textarea\b([^>]*)>(.*?)<\/textarea>/gs)].map(
    ([, tag = '', text = '']): [string, string] => [attribute(tag, 'name') ?? '', plain(text)],
  )
  const selects = [...form.matchAll(/<select\b([^>]*)>(.*?)<\/select>/gs)].map(
    ([, tag = '', options = '']): [string, string] => {
      const chosen = /<option\b([^>]*\bselected\b[^>]*)>/.exec(options) ?? /<option\b([^>]*)>/.exec(options)
      return [attribute(tag, 'name') ?? '', attribute(chosen?.[1] ?? '', 'value') ?? '']
    },
  )
  return [...inputs, ...areas, ...selects]
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  return found === undefined ? undefined : plain(found)
}

function plain(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
