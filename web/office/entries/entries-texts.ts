const en = {
  title: 'Entries',
  new: 'New entry',
  search: 'Search entries',
  searchHint: 'Code or title',
  none: 'The catalog is empty',
  noneText: 'An entry is what is sold: texts, a price, and the handler that produces it.',
  entry: 'Entry',
  category: 'Category',
  handler: 'Handler',
  price: 'Price',
  position: 'Position',
  state: 'State',
  noHandler: 'none',
  bundleOf: (units: number) => `Bundle of ${units}`,
  notInstalled: (id: string) => `${id}, not installed`,
  specific: '(specific)',
  hidden: 'hidden',
}

const fr: typeof en = {
  title: 'Entrées',
  new: 'Nouvelle entrée',
  search: 'Rechercher une entrée',
  searchHint: 'Code ou titre',
  none: 'Le catalogue est vide',
  noneText: 'Une entrée est ce que l’on vend : des textes, un prix, et le gestionnaire qui la produit.',
  entry: 'Entrée',
  category: 'Catégorie',
  handler: 'Gestionnaire',
  price: 'Prix',
  position: 'Position',
  state: 'État',
  noHandler: 'aucun',
  bundleOf: (units) => `Offre groupée de ${units}`,
  notInstalled: (id) => `${id}, non installé`,
  specific: '(spécifique)',
  hidden: 'masqué',
}

/** The words of the list of entries. */
export const entriesTexts = { en, fr }
