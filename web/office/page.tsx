import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { countWaiting } from '../../shop/attention.ts'
import { roleAllows } from '../../shop/operator.ts'
import type { Face } from '../face.ts'
import { csrfToken } from '../security.ts'
import type { Locale } from '../ui/locale.ts'
import { Notice } from '../ui/notice.tsx'
import { OfficeLayout, type Section } from '../ui/office-layout.tsx'
import { asked, type OfficeContext } from './office-route.ts'
import { texts } from './texts.ts'

type Words = (typeof texts)['en']
type Outcome = keyof Words['done'] | keyof Words['notDone']

/** Answers with a page of the office. What the last form did, which `redirectTo` put into the address, stands on top. */
export async function officePage(
  c: OfficeContext,
  face: Face,
  props: { title: string; section: Section; status?: ContentfulStatusCode; head?: Child },
  children: Child,
): Promise<Response> {
  const { locale, operator } = c.var
  const waiting = await countWaiting(face.shop.db)
  const outcome = c.req.method === 'GET' ? asked(c, 'done') : undefined
  const { pathname, search } = new URL(c.req.url)
  return await c.html(
    <OfficeLayout
      title={props.title}
      shopName={face.shop.settings.name}
      locale={locale}
      path={c.req.method === 'GET' ? `${pathname}${search}` : pathname}
      section={props.section}
      operator={operator}
      csrf={csrfToken(c)}
      counts={{
        productions: waiting.needsOperator,
        payments: waiting.giveBacks,
        mails: waiting.failedMails,
      }}
      head={props.head}
    >
      <OutcomeNotice outcome={outcome} locale={locale} />
      {children}
    </OfficeLayout>,
    props.status ?? 200,
  )
}

function OutcomeNotice({ outcome, locale }: { outcome?: string; locale: Locale }) {
  const done = new Map(Object.entries(texts[locale].done)).get(outcome ?? '')
  const notDone = new Map(Object.entries(texts[locale].notDone)).get(outcome ?? '')
  if (!done && !notDone) return null
  return (
    <Notice tone={done ? 'success' : 'warning'} locale={locale} announced>
      <p>{done ?? notDone}</p>
    </Notice>
  )
}

/** After a form was taken: on to a page that says so. */
export function redirectTo(c: OfficeContext, path: string, outcome?: Outcome): Response {
  if (!outcome) return c.redirect(path, 303)
  const [pathname = path, query = ''] = path.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('done', outcome)
  return c.redirect(`${pathname}?${parameters}`, 303)
}

/** Whether the operator may change things: what a viewer can't do is not shown to them. The door enforces it. */
export function mayChange(c: OfficeContext): boolean {
  return roleAllows(c.var.operator.role, 'operator')
}

/** A path with these parameters; those that are undefined are left out. */
export function withQuery(path: string, parameters: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value))
  }
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}
