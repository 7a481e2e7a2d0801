import { findMail, listMails, type MailState } from '../../../shop/list-mails.ts'
import { composeMail, sendAgain } from '../../../shop/send-mail.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { StateBadge, stateText } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Filters } from '../filters.tsx'
import { asked, askedOneOf, idParameter, notFound, type OfficeContext, readId } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import { texts } from '../texts.ts'

const states = ['queued', 'sent', 'kept', 'failed'] as const satisfies MailState[]

export async function mailList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].mails
  const path = routes.office.mails.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const before = readId(asked(c, 'before'))
  const { mails, next } = await listMails(face.shop.db, { state, search, before })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'mails' },
    <>
      <PageHead title={t.title} />
      {!face.shop.settings.mailing && (
        <Notice locale={locale}>
          <p>{t.notMailing}</p>
        </Notice>
      )}
      <Tabs
        label={t.title}
        current={withQuery(path, { state, search })}
        tabs={[undefined, ...states].map((one) => ({
          text: one ? stateText({ kind: 'mail', state: one }, locale) : texts[locale].list.all,
          href: withQuery(path, { state: one, search }),
        }))}
      />
      <Filters
        path={path}
        label={t.search}
        hint={t.searchHint}
        search={search}
        kept={{ state }}
        locale={locale}
      />
      <Card flush>
        <Table
          caption={t.title}
          locale={locale}
          rows={mails}
          empty={<EmptyState title={search || state ? texts[locale].list.noneFound : t.none} />}
          columns={[
            {
              label: t.kind,
              heading: true,
              cell: (mail) => (
                <>
                  <a href={routes.office.mails.show(mail.id)}>{texts[locale].mailKinds[mail.kind]}</a>
                  {mail.cause && <div class="soft small">{mail.cause}</div>}
                </>
              ),
            },
            { label: t.recipient, cell: (mail) => mail.recipient },
            {
              label: t.order,
              narrow: true,
              cell: (mail) =>
                mail.orderNumber && (
                  <a href={routes.office.orders.show(mail.orderNumber)}>{mail.orderNumber}</a>
                ),
            },
            {
              label: t.state,
              narrow: true,
              cell: (mail) => <StateBadge kind="mail" state={mail.state} locale={locale} />,
            },
            {
              label: t.at,
              narrow: true,
              cell: (mail) => <Moment at={mail.sentAt ?? mail.createdAt} locale={locale} />,
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(path, { state, search, before: next })}
          first={before === undefined ? undefined : withQuery(path, { state, search })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

/** One mail, as it was sent or as it would be sent now. */
export async function showMail(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].mails
  const row = (await findMail(face.shop.db, idParameter(c))) ?? notFound()
  const mail = await composeMail(face.shop, row)
  const kind = texts[locale].mailKinds[row.kind]
  return await officePage(
    c,
    face,
    { title: kind, section: 'mails' },
    <>
      <PageHead
        title={mail?.subject ?? kind}
        back={{ href: routes.office.mails.index(), text: t.title }}
        actions={
          <>
            <StateBadge kind="mail" state={row.state} locale={locale} />
            {row.state === 'failed' && face.shop.settings.mailing && mayChange(c) && (
              <ButtonForm action={routes.office.mails.resend(row.id)} csrf={csrfToken(c)} look="primary">
                {t.resend}
              </ButtonForm>
            )}
          </>
        }
      />
      {row.cause && (
        <Notice tone={row.state === 'failed' ? 'error' : 'warning'} title={t.cause} locale={locale}>
          <p>{row.cause}</p>
        </Notice>
      )}
      <div class="columns">
        <div>
          <Card title={row.state === 'sent' ? t.sentText : t.composedText}>
            {mail ? <pre class="letter">{mail.text}</pre> : <p class="soft">{t.gone}</p>}
          </Card>
        </div>
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [t.kind, kind],
                [t.recipient, row.recipient],
                [
                  t.order,
                  row.orderNumber ? (
                    <a href={routes.office.orders.show(row.orderNumber)}>{row.orderNumber}</a>
                  ) : undefined,
                ],
                [t.decided, <Moment at={row.created_at} locale={locale} />],
                [t.sentAt, row.sent_at ? <Moment at={row.sent_at} locale={locale} /> : undefined],
              ]}
            />
          </Card>
        </div>
      </div>
    </>,
  )
}

/** Sends a failed mail again. */
export async function resendMail(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const queued = await sendAgain(face.shop, id)
  return redirectTo(c, routes.office.mails.show(id), queued ? 'resent' : 'tooLate')
}
