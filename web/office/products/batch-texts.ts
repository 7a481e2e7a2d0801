import type { RowState } from '../../../shop/batch.ts'
import { plural } from '../../ui/locale.ts'

const en = {
  title: 'Action on many products',
  choose: 'Act on several products',
  chosen: (count: number, said: string) =>
    plural('en', count, { one: '1 product', other: `${said} products` }),
  noneChosen: 'No product was ticked: go back to the list and tick some.',
  which: 'These products',
  andMore: (count: number, said: string) =>
    plural('en', count, { one: 'and one more', other: `and ${said} more` }),
  actions: 'What to do with them',
  noAction: 'Their handlers have no action in common that makes sense now.',
  leftOut: (count: number) =>
    plural('en', count, {
      one: 'It makes no sense for one of them as it is: that one is left out.',
      other: `It makes no sense for ${count} of them as they are: those are left out.`,
    }),
  confirm: (count: number, said: string) =>
    plural('en', count, { one: 'Do it for 1 product', other: `Do it for ${said} products` }),
  actOn: (action: string, count: number, said: string) =>
    `${action}: ${plural('en', count, { one: '1 product', other: `${said} products` })}`,
  over: 'It is over.',
  underWay: (done: string, total: string) => `${done} of ${total} are through. You may leave this page.`,
  progress: 'How far it is',
  results: 'Results',
  result: 'Result',
  production: 'Production',
  states: {
    waiting: 'Under way',
    done: 'Done',
    refused: 'Refused',
    needs_operator: 'Needs an operator',
  } satisfies Record<RowState, string>,
}

const fr: typeof en = {
  title: 'Action sur plusieurs produits',
  choose: 'Agir sur plusieurs produits',
  chosen: (count, said) => plural('fr', count, { one: '1 produit', other: `${said} produits` }),
  noneChosen: 'Aucun produit n’est coché : revenez à la liste et cochez-en.',
  which: 'Ces produits',
  andMore: (count, said) => plural('fr', count, { one: 'et un autre', other: `et ${said} autres` }),
  actions: 'Que faire',
  noAction: 'Leurs gestionnaires n’ont aucune action commune qui ait un sens maintenant.',
  leftOut: (count) =>
    plural('fr', count, {
      one: 'Cela n’a pas de sens pour l’un d’eux en l’état : il est laissé de côté.',
      other: `Cela n’a pas de sens pour ${count} d’entre eux en l’état : ils sont laissés de côté.`,
    }),
  confirm: (count, said) =>
    plural('fr', count, { one: 'Le faire pour 1 produit', other: `Le faire pour ${said} produits` }),
  actOn: (action, count, said) =>
    `${action} : ${plural('fr', count, { one: '1 produit', other: `${said} produits` })}`,
  over: 'C’est terminé.',
  underWay: (done, total) => `${done} sur ${total} sont traités. Vous pouvez quitter cette page.`,
  progress: 'Avancement',
  results: 'Résultats',
  result: 'Résultat',
  production: 'Production',
  states: {
    waiting: 'En cours',
    done: 'Fait',
    refused: 'Refusé',
    needs_operator: 'Attend un opérateur',
  },
}

/** The words of an action on many products. */
export const batchTexts = { en, fr }
