import { type CreditMovement, findCredits, listCreditMovements } from '../../../shop/credits.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Card, EmptyState } from '../../ui/card.tsx'
import { formatMoney, type Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { creditsTexts } from '../credits-texts.ts'
import { type AccountContext, accountPage, readKey } from './account-page.tsx'
import { accountTexts } from './account-texts.ts'

/** What a customer has to spend with the shop, and what came and went. */
export async function showCredits(c: AccountContext, face: Face) {
  const { locale, customer } = c.var
  const { db, settings } = face.shop
  const t = creditsTexts[locale]
  const here = routes.account.credits()
  const before = readKey(c.req.query('before'))
  const account = await findCredits(db, customer.email, settings.currency)
  const { movements, next } = account
    ? await listCreditMovements(db, account.id, { before, limit: 30 })
    : { movements: [], next: undefined }
  return await accountPage(
    c,
    face,
    { title: accountTexts[locale].credits, section: here },
    <div class="stack large">
      <Card>
        <p class="soft">{t.balance}</p>
        <p class="credit-balance">{formatMoney(account?.balanceCents ?? 0, settings.currency, locale)}</p>
        <p class="soft">{t.lead}</p>
      </Card>
      <Card title={t.movements} flush>
        <Table
          caption={t.movements}
          locale={locale}
          rows={movements}
          empty={<EmptyState title={t.none} />}
          columns={[
            { label: t.date, narrow: true, cell: ({ at }) => <Moment at={at} locale={locale} day /> },
            {
              label: t.what,
              heading: true,
              cell: (movement) => <Movement movement={movement} locale={locale} />,
            },
            {
              label: t.amount,
              numeric: true,
              narrow: true,
              cell: ({ amountCents }) => (
                <Money cents={amountCents} currency={settings.currency} locale={locale} signed />
              ),
            },
          ]}
        />
        <Pager
          locale={locale}
          next={next === undefined ? undefined : `${here}?before=${next}`}
          first={before === undefined ? undefined : here}
        />
      </Card>
    </div>,
  )
}

function Movement({ movement, locale }: { movement: CreditMovement; locale: Locale }) {
  const t = creditsTexts[locale]
  const { kind, order } = movement
  return (
    <>
      {t.kinds[kind]}
      {order && (
        <div class="soft small">
          {t.order} <a href={routes.order.show(order.number, order.token)}>{order.number}</a>
        </div>
      )}
    </>
  )
}
