import type { Text } from '../../../sdk/index.ts'
import { groupLines } from '../../../shop/bundle.ts'
import type { giveBacksOfOrder, LineView, OrderView } from '../../../shop/view-order.ts'
import { routes } from '../../routes.ts'
import { Card } from '../../ui/card.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Units, type UnitsProps } from './units.tsx'

type Props = Omit<UnitsProps, 'line' | 'givenBack'> & {
  giveBacks: Awaited<ReturnType<typeof giveBacksOfOrder>>
}

/** What was ordered, line by line, with the units of each; the lines of a bundle together. */
export function Lines({ giveBacks, ...parts }: Props) {
  const { c, order } = parts
  const { locale } = c.var
  const givenBack = new Map<number, number>()
  for (const { unit_id: unit, amount_cents: cents } of giveBacks) {
    if (unit !== null) givenBack.set(unit, (givenBack.get(unit) ?? 0) + cents)
  }
  return (
    <>
      {groupLines(order.lines).map(({ bundle, lines }) => {
        const units = (line: LineView) => <Units {...parts} line={line} givenBack={givenBack} />
        return bundle ? (
          <Card
            flush
            title={<Sold {...bundle} locale={locale} />}
            aside={<Price quantity={bundle.quantity} cents={bundle.cents} {...{ order, locale }} />}
          >
            {lines.map((line) => (
              <section class="sold-part">
                <header>
                  <h3>
                    <Sold {...line.entry} locale={locale} />
                  </h3>
                  <Price quantity={line.quantity} cents={line.unitCents} {...{ order, locale }} />
                </header>
                {units(line)}
              </section>
            ))}
          </Card>
        ) : (
          lines.map((line) => (
            <Card
              flush
              title={<Sold {...line.entry} locale={locale} />}
              aside={<Price quantity={line.quantity} cents={line.unitCents} {...{ order, locale }} />}
            >
              {units(line)}
            </Card>
          ))
        )
      })}
    </>
  )
}

/** The title of what was sold, which leads to its entry. */
function Sold({ code, title, locale }: { code: string; title: Text; locale: Locale }) {
  return <a href={routes.office.entries.show(code)}>{pick(title, locale)}</a>
}

type PriceProps = { quantity: number; cents: number; order: OrderView; locale: Locale }

/** "2 × €45.00 = €90.00". */
function Price({ quantity, cents, order, locale }: PriceProps) {
  return (
    <span class="soft">
      {quantity} × <Money cents={cents} currency={order.currency} locale={locale} /> ={' '}
      <strong>
        <Money cents={quantity * cents} currency={order.currency} locale={locale} />
      </strong>
    </span>
  )
}
