import { listMails, type MailRow, type MailState } from '../../../shop/list-mails.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge, stateText } from '../../ui/badge.tsx'
import { EmptyState, PageHead } from '../../ui/card.tsx'
import type { Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Table } from '../../ui/table.tsx'
import { asked, askedOneOf, type OfficeContext, readId } from '../office-route.ts'
import { officePage } from '../page.tsx'
import { SearchedList } from '../searched-list.tsx'
import { texts } from '../texts.ts'
import { mailsTexts } from './mails-texts.ts'

const states = ['queued', 'sent', 'kept', 'failed'] as const satisfies MailState[]

export async function mailList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = mailsTexts[locale]
  const path = routes.office.mails.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const wanted = { state, search }
  const narrowed = state !== undefined || search !== undefined
  const before = readId(asked(c, 'before'))
  const { mails, next } = await listMails(face.shop.db, { ...wanted, before })
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
      <SearchedList
        {...{ path, wanted, locale }}
        title={t.title}
        search={t.search}
        hint={t.searchHint}
        states={states.map((state) => ({ state, text: stateText({ kind: 'mail', state }, locale) }))}
        cursor={{ name: 'before', now: before, next }}
      >
        <Mails mails={mails} empty={narrowed ? texts[locale].list.noneFound : t.none} locale={locale} />
      </SearchedList>
    </>,
  )
}

function Mails({ mails, empty, locale }: { mails: MailRow[]; empty: string; locale: Locale }) {
  const t = mailsTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={mails}
      empty={<EmptyState title={empty} />}
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
            mail.orderNumber && <a href={routes.office.orders.show(mail.orderNumber)}>{mail.orderNumber}</a>,
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
  )
}
