import { listMails, type MailState } from '../../../shop/list-mails.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge, stateText } from '../../ui/badge.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Filters } from '../filters.tsx'
import { asked, askedOneOf, type OfficeContext, readId } from '../office-route.ts'
import { officePage, withQuery } from '../page.tsx'
import { texts } from '../texts.ts'
import { mailsTexts } from './mails-texts.ts'

const states = ['queued', 'sent', 'kept', 'failed'] as const satisfies MailState[]

export async function mailList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = mailsTexts[locale]
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
