import type { Child } from 'hono/jsx'
import { mostCounted } from '../../../shop/attention.ts'
import { routes } from '../../routes.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import type { Locale } from '../../ui/locale.ts'
import { reconciliationsTexts } from '../reconciliations-texts.ts'
import { homeTexts } from './home-texts.ts'
import type { Waits } from './read-waits.ts'
import {
  AwaitedOrders,
  type Busy,
  Differences,
  FailedMails,
  GiveBacks,
  HandlersInTrouble,
  RefusedProducts,
  RetryingUnits,
  StuckUnits,
} from './waiting-lists.tsx'

type Props = Busy & { waits: Waits }

/** A card for each thing that waits, what is most urgent first; none for what doesn't. */
export function WaitingCards(props: Props) {
  return (
    <>
      <ProductionCards {...props} />
      <MoneyCards {...props} />
      <OtherCards {...props} />
    </>
  )
}

function ProductionCards({ waits: { lists, counts, differing }, ...busy }: Props) {
  const { locale } = busy.c.var
  const t = homeTexts[locale]
  const { stuck, retrying, refused } = lists
  const retried = retrying.reduce((sum, one) => sum + one.count, 0)
  const inState = (state: string) => `${routes.office.productions.index()}?state=${state}`
  const differences = routes.office.reconciliations.show()
  return (
    <>
      {stuck.length > 0 && (
        <Waiting
          title={t.stuck}
          count={counts.needsOperator}
          tone="danger"
          all={inState('needs_operator')}
          locale={locale}
        >
          <StuckUnits {...busy} units={stuck} />
        </Waiting>
      )}
      {retrying.length > 0 && (
        <Waiting title={t.retrying} count={retried} tone="warning" all={inState('retrying')} locale={locale}>
          <RetryingUnits {...busy} retrying={retrying} />
        </Waiting>
      )}
      {refused.length > 0 && (
        <Waiting
          title={t.refused}
          count={refused.length}
          tone="warning"
          all={routes.office.products.index()}
          locale={locale}
        >
          <RefusedProducts {...busy} refused={refused} />
        </Waiting>
      )}
      {differing > 0 && (
        <Waiting
          title={reconciliationsTexts[locale].homeTitle}
          count={differing}
          tone="warning"
          all={differences}
          locale={locale}
        >
          <Differences {...busy} count={differing} />
        </Waiting>
      )}
    </>
  )
}

function MoneyCards({ waits: { lists, counts }, ...busy }: Props) {
  const { locale } = busy.c.var
  const t = homeTexts[locale]
  const { owed, setAside, partPaid, near } = lists
  const { payments } = routes.office
  const allOwed = Math.max(owed.length, counts.giveBacks - setAside.length)
  return (
    <>
      {owed.length > 0 && (
        <Waiting
          title={t.giveBacks}
          count={allOwed}
          tone="warning"
          all={payments.giveBacks()}
          locale={locale}
        >
          <GiveBacks {...busy} giveBacks={owed} />
        </Waiting>
      )}
      {setAside.length > 0 && (
        <Waiting
          title={t.setAside}
          count={setAside.length}
          tone="warning"
          all={payments.setAside()}
          locale={locale}
        >
          <GiveBacks {...busy} giveBacks={setAside} />
        </Waiting>
      )}
      {partPaid.length > 0 && (
        <Waiting
          title={t.partPaid}
          count={partPaid.length}
          tone="warning"
          all={payments.index()}
          locale={locale}
        >
          <AwaitedOrders {...busy} orders={partPaid} />
        </Waiting>
      )}
      {near.length > 0 && (
        <Waiting
          title={t.nearDeadline}
          count={near.length}
          tone="info"
          all={payments.index()}
          locale={locale}
        >
          <AwaitedOrders {...busy} orders={near} />
        </Waiting>
      )}
    </>
  )
}

function OtherCards({ waits: { lists, counts }, ...busy }: Props) {
  const { locale } = busy.c.var
  const t = homeTexts[locale]
  const { faults, unsellable, mails } = lists
  const unusable = faults.length + unsellable.length
  const failed = `${routes.office.mails.index()}?state=failed`
  return (
    <>
      {unusable > 0 && (
        <Waiting
          title={t.handlers}
          count={unusable}
          tone="danger"
          all={routes.office.handlers()}
          locale={locale}
        >
          <HandlersInTrouble {...busy} faults={faults} unsellable={unsellable} />
        </Waiting>
      )}
      {mails.length > 0 && (
        <Waiting title={t.mails} count={counts.failedMails} tone="warning" all={failed} locale={locale}>
          <FailedMails {...busy} mails={mails} />
        </Waiting>
      )}
    </>
  )
}

type WaitingProps = { title: string; count: number; tone: Tone; all: string; locale: Locale; children: Child }

function Waiting({ title, count, tone, all, locale, children }: WaitingProps) {
  const number = count >= mostCounted ? `${mostCounted}+` : count
  return (
    <Card
      flush
      title={
        <>
          {title} <Badge tone={tone}>{number}</Badge>
        </>
      }
      aside={<a href={all}>{homeTexts[locale].all}</a>}
    >
      {children}
    </Card>
  )
}
